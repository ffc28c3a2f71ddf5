import type { Spread } from '../harness/statistics.js';
import type { GoalId } from './goals.js';

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
  /** Every sample, for machines. */
  readonly data: unknown;
}

/** When a part was measured, and beside what. */
export interface Occasion {
  /** ISO 8601, to the minute. */
  readonly startedAt: string;
  /** Processes that wanted a core over the minute before. */
  readonly load: number;
}

/** A section of this run. */
export interface FreshSection extends Section {
  readonly occasion: Occasion;
}

/** A section as a document shows it: its charts lie beside the document. */
export interface MeasuredSection extends Omit<FreshSection, 'charts'> {
  readonly charts: readonly Pick<Chart, 'file' | 'alt'>[];
}

export interface Table {
  readonly caption?: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Chart {
  /** Without a directory. */
  readonly file: string;
  readonly alt: string;
  readonly svg: string;
}

/** What was measured of one of the goals. */
export interface Finding {
  readonly goal: GoalId;
  /** Against whom, or at what, where a goal has several. */
  readonly of?: string;
  readonly spread: Spread;
}
