import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SOURCE: string = fileURLToPath(new URL('../../../bench/native/ring.cpp', import.meta.url));
const COMPILERS = ['g++', 'clang++'];

/** What compiling gave: the executable, or the reason why there is none. */
export type Compilation = { readonly executable: string; readonly compiler: string } | { readonly reason: string };

/** Compiles the native program into `executable` with the first compiler that is here. */
export function compileNative(executable: string): Compilation {
  for (const compiler of COMPILERS) {
    const { status, error, stderr } = spawnSync(compiler, ['-O3', '-std=c++17', '-o', executable, SOURCE], {
      encoding: 'utf8',
    });
    if (error !== undefined) continue;
    if (status !== 0) return { reason: `${compiler} fails: ${stderr.split('\n')[0]}` };
    const [version] = spawnSync(compiler, ['--version'], { encoding: 'utf8' }).stdout.split('\n');
    return { executable, compiler: version ?? compiler };
  }
  return { reason: `no compiler: neither ${COMPILERS.join(' nor ')} is installed` };
}
