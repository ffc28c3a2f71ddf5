import { defineConfig } from 'vitest/config';

// The compiled tests run, so that what is tested is what is shipped. One file at a time: many of them start processes.
export default defineConfig({
  test: {
    include: ['dist/test/**/*.test.js'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
