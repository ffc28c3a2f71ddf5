/**
 * Text in lines of up to `width` characters, broken between words. The first line begins with `first`, the others with `rest`, which is
 * as many blanks by default.
 */
export function wrapped(
  text: string,
  width: number,
  first: string = '',
  rest: string = ' '.repeat(first.length),
): string {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = rest;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].join('\n');
}

/** The same for parts, with two blanks between them. A part stays whole if it fits into a line. */
export function wrappedParts(parts: readonly string[], width: number, indent: string): string {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + part.length <= width) lines[lines.length - 1] = `${last}  ${part}`;
    else lines.push(`${indent}${part}`);
  }
  return lines.map((line) => (line.length <= width ? line : wrapped(line.trimStart(), width, indent))).join('\n');
}
