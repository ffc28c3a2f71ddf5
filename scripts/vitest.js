import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root, run } from './run.js';
import { countTests } from './test-report.js';

/**
 * Runs the compiled tests. When HERMES_TEST_REPORTS names a directory, the run's report stays there.
 * @param {string} label the report's name
 * @param {string[]} args filters and options of vitest
 * @param {string} [node] the Node to run on
 * @param {string[]} [nodeOptions]
 * @returns {import('./test-report.js').TestCounts & { status: number }}
 */
export function runVitest(label, args, node = process.execPath, nodeOptions = []) {
  const kept = process.env.HERMES_TEST_REPORTS;
  const directory = kept || fs.mkdtempSync(path.join(os.tmpdir(), 'hermes-test-report-'));
  const report = path.join(directory, `${label}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const PATH = `${path.dirname(node)}${path.delimiter}${process.env.PATH}`;
  const { NODE_EXTRA_CA_CERTS, ...env } = process.env;
  // Node 20 reads the certificates whenever it starts, which takes 50 ms, and the tests start some thousand processes.
  if (NODE_EXTRA_CA_CERTS !== undefined) env.HERMES_TEST_CA_CERTS = NODE_EXTRA_CA_CERTS;
  try {
    const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
    const status = run(node, [...nodeOptions, vitest, 'run', ...reporters, ...args], { ...env, PATH });
    return { status, ...countTests(report, status) };
  } finally {
    if (!kept) fs.rmSync(directory, { recursive: true });
  }
}
