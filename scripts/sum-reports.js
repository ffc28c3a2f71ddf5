// Prints "passed failed" of all reports in a directory, then a line for each failure:
// node scripts/sum-reports.js <directory> <exit status>
import fs from 'node:fs';
import path from 'node:path';
import { countTests } from './test-report.js';

const [directory = '', status = '1'] = process.argv.slice(2);
const files = fs.existsSync(directory) ? fs.readdirSync(directory) : [];
const counts = files.map((file) => countTests(path.join(directory, file), 0));
const passed = counts.reduce((sum, run) => sum + run.passed, 0);
const failures = counts.flatMap((run) => run.failures);
if (failures.length === 0 && status !== '0') failures.push(`exit status ${status}`);
console.log(passed, failures.length);
for (const failure of failures) console.log(failure);
