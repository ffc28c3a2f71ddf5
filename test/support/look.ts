import fs from 'node:fs';
import { onTestFinished, vi } from 'vitest';

/** Does something just before this process looks at a name for the nth time, as another process might: counted from 1. */
export function atLook(file: string, look: number, action: () => void): { readonly count: number } {
  const { lstatSync } = fs;
  const looks = { count: 0 };
  const spy = vi.spyOn(fs, 'lstatSync').mockImplementation(((target: fs.PathLike, options: object) => {
    if (target === file && ++looks.count === look) action();
    return lstatSync(target, options);
  }) as typeof lstatSync);
  onTestFinished(() => spy.mockRestore());
  return looks;
}
