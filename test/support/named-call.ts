import type { DirectoryOptions } from '../../src/index.js';

/** What calls that name a segment have in common: for tests that make the same of several. */
export type NamedCall = (name: string, options: DirectoryOptions) => unknown;
