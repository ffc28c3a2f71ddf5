import type { Finding } from './goals.js';

/** What one part of the bench found, ready for every kind of output. */
export interface Section {
  /** What `--only` chooses it by. */
  readonly name: string;
  readonly title: string;
  /** What was measured and how: paragraphs of Markdown. */
  readonly text: readonly string[];
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
  readonly findings: readonly Finding[];
  /** A row of the table that comes first: what was measured, and the figure of each contestant. */
  readonly highlight?: Highlight;
  /** What it found, for the first lines of the document: a sentence. */
  readonly lead?: string | undefined;
  /** What else a reader in a hurry should know: sentences. */
  readonly notes?: readonly string[];
}

interface Highlight {
  readonly what: string;
  readonly figures: Readonly<Record<string, string>>;
}

/** When a part was measured, and beside what. */
interface Occasion {
  /** ISO 8601, to the minute. */
  readonly startedAt: string;
  /** Processes that wanted a core over the minute before. */
  readonly load: number;
}

/** What is kept of a part: everything that can be presented anew. */
export interface Kept {
  readonly name: string;
  readonly occasion: Occasion;
  readonly data: unknown;
}

/** A section as a document shows it. */
export interface MeasuredSection extends Section {
  readonly occasion: Occasion;
}

export interface Table {
  readonly caption?: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface Chart {
  /** Without a directory. */
  readonly file: string;
  readonly alt: string;
  readonly svg: string;
}
