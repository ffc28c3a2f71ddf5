// Builds (which checks the types), lints and tests. Arguments go to vitest, and then nothing is linted:
// npm test -- test/ring -t wraps
import { run, runInstalled } from './run.js';
import { runVitest } from './vitest.js';

/** @param {string} name */
const runScript = (name) => run(process.execPath, [`scripts/${name}.js`]);

if (runScript('build') !== 0 || runInstalled('typescript/bin/tsc', ['-p', 'scripts']) !== 0) process.exit(1);
const args = process.argv.slice(2);
// A slip of format does not keep the tests from running.
const isClean = args.length > 0 || runInstalled('@biomejs/biome/bin/biome', ['check', '--error-on-warnings']) === 0;
const { status } = runVitest('suite', args);
if (!isClean) console.error('The linter has found something, see above: npm run format mends what it can');
process.exitCode = isClean ? status : 1;
