import { createRequire } from 'node:module';

/**
 * Loads a package at its first use, not at import: it may be missing, or refused. It is looked for from here, or from
 * the bundle that contains this code: a CommonJS bundle has `__filename` and no `import.meta.url`.
 */
export function requirePackage(name: string): unknown {
  return createRequire(import.meta.url ?? __filename)(name);
}
