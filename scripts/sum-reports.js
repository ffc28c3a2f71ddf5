// Prints "passed failed" of all reports in a directory: node scripts/sum-reports.js <directory> <exit status>
import fs from 'node:fs';
import path from 'node:path';
import { countTests } from './test-report.js';

const [directory = '', status = '1'] = process.argv.slice(2);
const files = fs.existsSync(directory) ? fs.readdirSync(directory) : [];
const counts = files.map((file) => countTests(path.join(directory, file), 0));
const passed = counts.reduce((sum, run) => sum + run.passed, 0);
const failed = counts.reduce((sum, run) => sum + run.failed, 0);
console.log(passed, failed === 0 && status !== '0' ? 1 : failed);
