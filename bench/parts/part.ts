import type { Field } from '../contestants/field.js';
import type { Bench } from '../harness/bench.js';
import type { Section } from '../report/section.js';

/** One table or curve of the bench. */
export interface Part {
  /** What `--only` looks for. */
  readonly name: string;
  run(bench: Bench, field: Field): Promise<Section>;
}
