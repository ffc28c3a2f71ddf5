import fs from 'node:fs';
import path from 'node:path';
import { json } from '../../src/tools/output.js';
import { markdownReport, type Report } from './markdown.js';
import type { FreshSection, MeasuredSection } from './section.js';

const DOCUMENT = 'benchmarks.md';
/** Beside the document. */
const ASSETS = 'benchmarks';
const RESULTS = 'results.json';

/**
 * Writes the document, its charts and every sample below `directory`. Parts that were not measured this time stay as
 * they are there. `names` are all parts, in their order. The document's path.
 */
export function writeReport(
  run: Omit<Report, 'sections'>,
  measured: readonly FreshSection[],
  names: readonly string[],
  directory: string,
): string {
  const assets = path.join(directory, ASSETS);
  const kept = keptSections(path.join(assets, RESULTS)).filter(({ name }) => names.includes(name));
  const known = new Map<string, MeasuredSection>(kept.map((section) => [section.name, section]));
  for (const section of measured) {
    known.set(section.name, { ...section, charts: section.charts.map(({ file, alt }) => ({ file, alt })) });
  }
  const sections = names.flatMap((name) => known.get(name) ?? []);
  const { date, profile, environment, participants, absences } = run;
  const { name, rounds, curveRounds } = profile;
  const report: Report = {
    date,
    profile: { name, rounds, curveRounds },
    environment,
    participants,
    absences,
    sections,
  };

  fs.mkdirSync(assets, { recursive: true });
  for (const { file, svg } of measured.flatMap(({ charts }) => charts)) fs.writeFileSync(path.join(assets, file), svg);
  const used = new Set([RESULTS, ...sections.flatMap(({ charts }) => charts.map(({ file }) => file))]);
  for (const file of fs.readdirSync(assets)) if (!used.has(file)) fs.rmSync(path.join(assets, file));
  fs.writeFileSync(path.join(assets, RESULTS), json(report));
  const document = path.join(directory, DOCUMENT);
  fs.writeFileSync(document, markdownReport(report, ASSETS));
  return document;
}

function keptSections(file: string): readonly MeasuredSection[] {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Report).sections : [];
}
