import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Where a run keeps segments, files, sockets and what it compiles: in memory where that can be, and gone at its end. */
export interface Scratch {
  readonly directory: string;
  /** A path that nothing has used before. */
  fresh(label: string): string;
  [Symbol.dispose](): void;
}

export function makeScratch(): Scratch {
  const directory = fs.mkdtempSync(path.join(fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'hermes-bench-'));
  let count = 0;
  return {
    directory,
    fresh: (label) => path.join(directory, `${label}-${count++}`),
    [Symbol.dispose]: () => fs.rmSync(directory, { recursive: true, force: true }),
  };
}
