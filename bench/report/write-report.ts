import fs from 'node:fs';
import path from 'node:path';
import { json } from '../../src/tools/output.js';
import { type Circumstances, markdownReport } from './markdown.js';
import type { Kept, MeasuredSection } from './section.js';

const DOCUMENT = 'benchmarks.md';
/** Beside the document. */
const ASSETS = 'benchmarks';
const RESULTS = 'results.json';

/** What is kept of a run, beside the document: everything that this is made of. */
export interface Results extends Circumstances {
  readonly parts: readonly Kept[];
}

/** Makes the page and the charts from the kept results. */
type Present = (kept: Kept) => MeasuredSection;

/** What an earlier run left below `directory`; undefined when there is none. */
export function keptResults(directory: string): Results | undefined {
  const file = path.join(directory, ASSETS, RESULTS);
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Results) : undefined;
}

/**
 * Writes the document, its charts and every sample below `directory`. Parts that were not measured this time stay as
 * they are there. `names` are all parts, in their order. The document's path.
 */
export function writeReport(run: Results, names: readonly string[], directory: string, present: Present): string {
  const known = new Map<string, Kept>((keptResults(directory)?.parts ?? []).map((kept) => [kept.name, kept]));
  for (const kept of run.parts) known.set(kept.name, kept);
  const parts = names.flatMap((name) => known.get(name) ?? []);
  const { date, profile, environment, participants, absences } = run;
  const { name, rounds, curveRounds } = profile;
  const circumstances = { date, profile: { name, rounds, curveRounds }, environment, participants, absences };
  const sections = parts.map(present);

  const assets = path.join(directory, ASSETS);
  fs.mkdirSync(assets, { recursive: true });
  const charts = sections.flatMap((section) => section.charts);
  for (const { file, svg } of charts) fs.writeFileSync(path.join(assets, file), svg);
  const used = new Set([RESULTS, ...charts.map(({ file }) => file)]);
  for (const file of fs.readdirSync(assets)) if (!used.has(file)) fs.rmSync(path.join(assets, file));
  fs.writeFileSync(path.join(assets, RESULTS), json({ ...circumstances, parts } satisfies Results));
  const document = path.join(directory, DOCUMENT);
  fs.writeFileSync(document, markdownReport({ ...circumstances, sections }, ASSETS));
  return document;
}

/** Before anything is measured: whether the document can be written. @throws Error when it cannot */
export function checkTarget(directory: string): void {
  fs.mkdirSync(path.join(directory, ASSETS), { recursive: true });
  fs.accessSync(path.join(directory, ASSETS), fs.constants.W_OK);
  const document = path.join(directory, DOCUMENT);
  if (fs.existsSync(document)) fs.accessSync(document, fs.constants.W_OK);
}
