import fs from 'node:fs';

/**
 * @typedef {object} TestCounts
 * @property {number} passed
 * @property {number} failed at least 1 when the run failed, also when it crashed before it could report
 * @property {number} skipped
 * @property {string[]} failures names of the failed tests, and of the files that could not be run
 */

/**
 * Counts the tests of a run.
 * @param {string} file what vitest's json reporter wrote; a crashed run wrote nothing
 * @param {number} status exit status of the run
 * @returns {TestCounts}
 */
export function countTests(file, status) {
  /** @type {TestCounts} */
  const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const { name, status: fileStatus, assertionResults } of readReport(file)) {
    const failuresBefore = counts.failures.length;
    for (const test of assertionResults) {
      if (test.status === 'passed') counts.passed++;
      else if (test.status === 'failed') counts.failures.push(test.fullName);
      else counts.skipped++;
    }
    if (fileStatus === 'failed' && counts.failures.length === failuresBefore) counts.failures.push(name);
  }
  if (status !== 0 && counts.failures.length === 0) counts.failures.push(`the run: exit status ${status}`);
  counts.failed = counts.failures.length;
  return counts;
}

/**
 * @param {string} file
 * @returns {{ name: string, status: string, assertionResults: { fullName: string, status: string }[] }[]}
 */
function readReport(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).testResults;
  } catch {
    return [];
  }
}
