// Compiles src, test and bench into dist, and bundles what is shipped. Always: it takes some seconds, and nothing can be stale.
import fs from 'node:fs';
import path from 'node:path';
import { bundle, bundlePrograms } from './bundle.js';
import { root, runInstalled } from './run.js';

const OUTPUT = /(\.js|\.js\.map|\.d\.ts)$/;

/** Removes outputs whose source is gone: a test that was deleted must not run. */
function removeOrphans() {
  const dist = path.join(root, 'dist');
  if (!fs.existsSync(dist)) return;
  for (const name of fs.readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const source = path.join(root, name.replace(OUTPUT, '.ts'));
    if (name.startsWith('package') || name.startsWith('programs')) continue;
    if (OUTPUT.test(name) && !fs.existsSync(source)) fs.rmSync(path.join(dist, name), { force: true });
  }
}

removeOrphans();
const status = runInstalled('typescript/bin/tsc', []);
process.exitCode = status;
if (status === 0) {
  await bundle();
  await bundlePrograms();
}
