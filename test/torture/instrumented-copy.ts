import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));
/** What the programs of the torture need of the compiled tests. */
const TEST_PARTS = ['torture', 'support'];
const INSTRUMENTED_PARTS = ['ring', 'segment', 'membership', 'waiting', 'control', 'participants'];

const STORE = /\bAtomics\.(?=(?:store|add|sub|and|or|xor|exchange|compareExchange)\()/g;
const LOCK = /\b((?:\w+\.)*locks)\.(?=(?:tryLock|unlock)\()/g;
/** A byte into a sleeper's FIFO, and the making of one. */
const FIFO_CALL = /^(\s*)((?:writeByte|ensureFifo)\(.*\);)$/;
const PLAIN_STORE = /^\s*(?:this\.)?words\[[^\]]+\] = .*;$/;

/** A place of the code at which a process can be told to die: `file:line`. */
export type Site = string;

export interface InstrumentedCopy {
  /** The compiled program that lives the lives. */
  readonly program: string;
  readonly sites: readonly Site[];
}

/**
 * Copies the compiled sources to `target`, with a call of the global `tortureStep` (see `steps.ts`) around every store
 * to shared memory, every lock and unlock, and every byte to a doorbell. The product itself has no hooks.
 * @param dist the compiled project: `dist`, or one that was broken on purpose
 */
export function makeInstrumentedCopy(target: string, dist: string = path.join(ROOT, 'dist')): InstrumentedCopy {
  fs.cpSync(path.join(dist, 'src'), path.join(target, 'dist/src'), { recursive: true });
  for (const part of TEST_PARTS) {
    fs.cpSync(path.join(ROOT, 'dist/test', part), path.join(target, 'dist/test', part), { recursive: true });
  }
  fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(target, 'package.json'));
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(target, 'node_modules'));
  const sites: Site[] = [];
  for (const part of INSTRUMENTED_PARTS) {
    const directory = path.join(target, 'dist/src', part);
    for (const name of fs.readdirSync(directory).filter((entry) => entry.endsWith('.js'))) {
      const file = path.join(directory, name);
      fs.writeFileSync(file, instrument(withoutWebAssembly(fs.readFileSync(file, 'utf8')), `${part}/${name}`, sites));
    }
  }
  return { program: path.join(target, 'dist/test/torture/life.js'), sites };
}

/** The hot path is one call of WebAssembly: its steps in JavaScript can be interrupted. */
function withoutWebAssembly(source: string): string {
  return source.replace('if (memory === undefined)', 'if (true)');
}

function instrument(source: string, file: string, sites: Site[]): string {
  const siteAt = (line: number) => sites.push(`${file}:${line}`) - 1;
  const lines = source.split('\n').map((line, index) => {
    if (/^\s*(?:\/\/|\*|\/\*)/.test(line)) return line;
    const [, indent, call] = FIFO_CALL.exec(line) ?? [];
    if (call !== undefined) {
      const site = siteAt(index + 1);
      return `${indent}tortureStep.pass(${site}, 0); ${call} tortureStep.pass(${site}, 1);`;
    }
    const called = line
      .replace(STORE, () => `tortureStep.atomics(${siteAt(index + 1)}).`)
      .replace(LOCK, (_, locks) => `tortureStep.locks(${siteAt(index + 1)}, ${locks}).`);
    return called === line && PLAIN_STORE.test(line) ? `${line} tortureStep.pass(${siteAt(index + 1)}, 1);` : called;
  });
  return lines.join('\n');
}
