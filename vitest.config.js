import { defineConfig } from 'vitest/config';

// The compiled tests run, so that what is tested is what is shipped.
const ALONE = 'dist/test/**/*.alone.test.js';
const ALL = 'dist/test/**/*.test.js';
/** Names of files, for a run that has no time for them. */
const leftOut = (process.env.HERMES_TEST_LEFT_OUT ?? '').split(',').filter(Boolean);
const excluded = leftOut.map((name) => `dist/test/**/${name}.test.js`);
const common = { pool: 'forks', testTimeout: 120_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // One after the other: there are never more than two processes that keep a core busy each.
    projects: [
      // Of a test here, one process at a time has something to do; the others wait for it.
      {
        test: {
          ...common,
          name: 'pairs',
          include: [ALL],
          exclude: [ALONE, ...excluded],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      // Two processes that spin, many that are killed, or figures that work beside it would spoil.
      {
        test: {
          ...common,
          name: 'alone',
          include: [ALONE],
          exclude: excluded,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
