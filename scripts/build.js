// Compiles src, test and bench into dist. Always: the compiler takes a second, and nothing can be stale.
import fs from 'node:fs';
import path from 'node:path';
import { root, runInstalled } from './run.js';

const OUTPUT = /(\.js|\.js\.map|\.d\.ts)$/;

/** Removes outputs whose source is gone: a test that was deleted must not run. */
function removeOrphans() {
  const dist = path.join(root, 'dist');
  if (!fs.existsSync(dist)) return;
  for (const name of fs.readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const source = path.join(root, name.replace(OUTPUT, '.ts'));
    if (OUTPUT.test(name) && !fs.existsSync(source)) fs.rmSync(path.join(dist, name), { force: true });
  }
}

removeOrphans();
// The package ships no sources, so that its source maps carry them.
process.exitCode = runInstalled('typescript/bin/tsc', ['--inlineSources']);
