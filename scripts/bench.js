// Compares Hermes with others: npm run bench [-- options]
import { run } from './run.js';

for (const script of ['ensure-bench-peers', 'build']) {
  if (run(process.execPath, [`scripts/${script}.js`]) !== 0) process.exit(1);
}
process.exitCode = run(process.execPath, ['dist/bench/main.js', ...process.argv.slice(2)]);
