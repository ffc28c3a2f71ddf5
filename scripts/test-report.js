import fs from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/** Characters of a failure's reason. */
const LONGEST_REASON = 600;

/**
 * @typedef {object} TestCounts
 * @property {number} passed
 * @property {number} failed at least 1 when the run failed, also when it crashed before it could report
 * @property {number} skipped
 * @property {string[]} failures the failed tests and the files that could not be run, a line each: its name, and why
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
  for (const { name, status: fileStatus, message, assertionResults } of readReport(file)) {
    const failuresBefore = counts.failures.length;
    for (const test of assertionResults) {
      if (test.status === 'passed') counts.passed++;
      else if (test.status === 'failed') counts.failures.push(failureLine(test.fullName, test.failureMessages?.[0]));
      else counts.skipped++;
    }
    if (fileStatus === 'failed' && counts.failures.length === failuresBefore)
      counts.failures.push(failureLine(name, message));
  }
  if (status !== 0 && counts.failures.length === 0) counts.failures.push(`the run: exit status ${status}`);
  counts.failed = counts.failures.length;
  return counts;
}

/**
 * @param {string} name
 * @param {string} [why] of many lines
 */
function failureLine(name, why = '') {
  const line = stripVTControlCharacters(why).replace(/\s+/g, ' ').trim();
  return line === '' ? name : `${name}: ${line.slice(0, LONGEST_REASON)}`;
}

/**
 * @typedef {object} FileReport
 * @property {string} name
 * @property {string} status
 * @property {string} [message]
 * @property {{ fullName: string, status: string, failureMessages?: string[] }[]} assertionResults
 */

/**
 * @param {string} file
 * @returns {FileReport[]}
 */
function readReport(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).testResults;
  } catch {
    return [];
  }
}
