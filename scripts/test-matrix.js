// Runs the tests on every supported major of Node: npm run test:matrix [-- majors and vitest's filters]
// Node 20 takes part when it is the Node that runs this: the registry's newest binary of it is older than we support.
import { execFileSync } from 'node:child_process';
import { registryNode } from './registry-node.js';
import { run } from './run.js';
import { runVitest } from './vitest.js';

const REGISTRY_MAJORS = [22, 24, 26];
const own = Number.parseInt(process.versions.node, 10);

const args = process.argv.slice(2);
const chosen = args.filter((arg) => /^\d+$/.test(arg)).map(Number);
const filters = args.filter((arg) => !/^\d+$/.test(arg));
const majors = chosen.length > 0 ? chosen : [...new Set([own, ...REGISTRY_MAJORS])].sort((a, b) => a - b);

if (run(process.execPath, ['scripts/build.js']) !== 0) process.exit(1);

const rows = majors.map((major) => {
  const node = major === own ? process.execPath : registryNode(major);
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  console.log(`\nNode ${version}`);
  const started = performance.now();
  const counts = runVitest(`node-${major}`, filters, node);
  return { version, ...counts, seconds: Math.round((performance.now() - started) / 1000) };
});

console.log('\nnode         passed   failed  skipped  seconds');
for (const { version, passed, failed, skipped, seconds } of rows) {
  console.log(version.padEnd(10) + [passed, failed, skipped, seconds].map((n) => `${n}`.padStart(9)).join(''));
}
for (const { version, failures } of rows) for (const failure of failures) console.log(`${version} failed: ${failure}`);
process.exitCode = rows.some(({ status }) => status !== 0) ? 1 : 0;
