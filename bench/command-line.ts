import { parseArgs } from 'node:util';
import { FULL, type Profile, SHORT } from './runner/bench.js';

export interface CommandLine {
  readonly profile: Profile;
  /** Parts whose name has this in it; empty: all. */
  readonly only: string;
  /** Where the document goes, or undefined: into docs when all was measured, and nowhere otherwise. */
  readonly out: string | undefined;
  /** Measure nothing: write the document anew from the results that are kept there. */
  readonly redraw: boolean;
}

export const USAGE = `npm run bench -- [options]
  --full            more rounds, more points, longer measurements
  --only <pattern>  only the tables and curves whose name has this in it; the others of --out stay
  --rounds <n>      turns of every contestant
  --out <dir>       where benchmarks.md and its charts go (default: docs, when everything is measured)
  --redraw          measure nothing: write them anew from the results of --out
`;

/** @throws Error that says what is wrong with the arguments */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      full: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
      out: { type: 'string' },
      redraw: { type: 'boolean', default: false },
    },
  });
  const chosen = values.full ? FULL : SHORT;
  const rounds = values.rounds === undefined ? chosen.rounds : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`rounds is ${values.rounds}: give a whole number from 1`);
  return {
    profile: { ...chosen, rounds, curveRounds: values.rounds === undefined ? chosen.curveRounds : rounds },
    only: values.only,
    out: values.out,
    redraw: values.redraw,
  };
}
