import type { Field } from '../contestants/field.js';
import type { Bench } from '../harness/bench.js';
import type { Section } from '../report/section.js';

/** One table or curve of the bench. */
export interface Part {
  /** What `--only` looks for. */
  readonly name: string;
  /** Every sample, as JSON has it: it is kept, so that it can be presented anew. */
  measure(bench: Bench, field: Field): Promise<unknown>;
  /** What a reader gets of what was measured, now or long ago; nothing else goes into it. */
  present(data: unknown): Section;
}

/** A part whose samples have a type. */
export function part<Data>(
  name: string,
  measure: (bench: Bench, field: Field) => Promise<Data>,
  present: (data: Data) => Section,
): Part {
  return { name, measure, present: (data) => present(data as Data) };
}
