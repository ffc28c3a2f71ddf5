import path from 'node:path';

/** The journal of those who die at every step: in the segment's directory, with files that hold one lane. */
export function journalOfSteps(directory: string): { readonly to: string; readonly fileLength: number } {
  return { to: path.join(directory, '.journal'), fileLength: 131_072 };
}
