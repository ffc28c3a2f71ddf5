import fs from 'node:fs';
import path from 'node:path';
import { json } from '../../src/tools/output.js';
import { markdownReport, type Report } from './markdown.js';

const DOCUMENT = 'benchmarks.md';
/** Beside the document. */
const ASSETS = 'benchmarks';

/** Writes the document, its charts and every sample below `directory`. The document's path. */
export function writeReport(report: Report, directory: string): string {
  const assets = path.join(directory, ASSETS);
  fs.rmSync(assets, { recursive: true, force: true }); // charts of parts that there are no more
  fs.mkdirSync(assets, { recursive: true });
  for (const { file, svg } of report.sections.flatMap(({ charts }) => charts)) {
    fs.writeFileSync(path.join(assets, file), svg);
  }
  const { date, profile, environment, absences, sections } = report;
  const data = Object.fromEntries(sections.map((section) => [section.name, section.data]));
  const findings = sections.flatMap((section) => section.findings);
  const { name, rounds } = profile;
  fs.writeFileSync(
    path.join(assets, 'results.json'),
    json({ date, profile: { name, rounds }, environment, absences, findings, data }),
  );
  const document = path.join(directory, DOCUMENT);
  fs.writeFileSync(document, markdownReport(report, ASSETS));
  return document;
}
