import fc from 'fast-check';
import type { CreateOptions } from '../../src/index.js';

/** The groups that are tried, and what a consumer asks for when it creates them. */
export const GROUPS: readonly { readonly name: string; readonly options: GroupOptions }[] = [
  { name: 'default', options: {} },
  { name: 'books', options: { durable: true } },
  { name: 'guests', options: {} },
  { name: 'crew', options: { shared: true } },
  { name: 'yard', options: { shared: true, durable: true } },
  { name: 'watch', options: { mode: 'lossy' } },
];

export interface GroupOptions {
  readonly mode?: 'lossy';
  readonly shared?: true;
  readonly durable?: true;
}

/** `which` chooses among the participants that there are. */
export type Operation =
  | { readonly kind: 'attach producer' }
  | { readonly kind: 'detach producer'; readonly which: number }
  | { readonly kind: 'detach consumer'; readonly which: number }
  | { readonly kind: 'join'; readonly group: number; readonly from: 'oldest' | 'latest' }
  | { readonly kind: 'offer'; readonly which: number; readonly length: number; readonly type: number }
  | { readonly kind: 'offer many'; readonly which: number; readonly lengths: readonly number[] }
  | {
      readonly kind: 'claim';
      readonly which: number;
      readonly length: number;
      readonly count: number;
      readonly commits: boolean;
    }
  | { readonly kind: 'poll'; readonly which: number; readonly limit: number; readonly failsAt: number | undefined }
  | { readonly kind: 'hold and leave'; readonly which: number; readonly limit: number }
  | { readonly kind: 'remove group'; readonly group: number };

export interface Scenario {
  readonly shape: CreateOptions & {
    readonly producers: number;
    readonly maxGroups: number;
    readonly members: number;
    readonly capacity: number;
  };
  readonly operations: readonly Operation[];
}

const which = fc.nat(20);
const kind = <K extends string>(name: K) => fc.constant(name);
const from = fc.constantFrom<('oldest' | 'latest')[]>('oldest', 'latest');
const length = fc.oneof(
  { weight: 6, arbitrary: fc.nat(200) },
  { weight: 3, arbitrary: fc.nat(4000) },
  { weight: 2, arbitrary: fc.integer({ min: 16_000, max: 16_384 }) },
);
const count = fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 9 }));
const group = fc.nat(GROUPS.length - 1);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: kind('attach producer') }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('detach producer'), which }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('join'), group, from }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('detach consumer'), which }) },
  { weight: 8, arbitrary: fc.record({ kind: kind('offer'), which, length, type: fc.integer({ min: 1, max: 239 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: kind('offer many'), which, lengths: fc.array(length, { maxLength: 12 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: kind('claim'), which, length, count, commits: fc.boolean() }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: kind('poll'),
      which,
      limit: fc.nat(20),
      failsAt: fc.option(fc.nat(8), { nil: undefined, freq: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('hold and leave'), which, limit: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('remove group'), group }) },
);

/** A small segment, and what is done to it. */
export const scenario: fc.Arbitrary<Scenario> = fc.record({
  shape: fc.record({
    producers: fc.integer({ min: 1, max: 3 }),
    maxGroups: fc.integer({ min: 1, max: 4 }),
    members: fc.integer({ min: 1, max: 3 }),
    capacity: fc.constantFrom(65_536, 131_072),
    checksum: fc.boolean(),
    timestamps: fc.boolean(),
    shared: fc.boolean(),
  }),
  operations: fc.array(operation, { minLength: 20, maxLength: 200, size: 'max' }),
});
