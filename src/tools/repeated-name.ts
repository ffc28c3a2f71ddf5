/** What a text of JSON is made of, but for numbers and words. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The first name that an object of a JSON text has twice, with the names that lead to it: `segments.ticks`. `JSON.parse`, which must have
 * taken the text, keeps only the last of them, and does not say so.
 */
export function repeatedName(text: string): string | undefined {
  /** For each object and array around the place, from the outermost: the names so far, and the last of them. */
  const around: { readonly names: Set<string>; last: string }[] = [];
  let latest = '';
  for (const [token] of text.matchAll(TOKENS)) {
    const inner = around.at(-1);
    if (token === '{' || token === '[') around.push({ names: new Set(), last: '' });
    else if (token === '}' || token === ']') around.pop();
    else if (token === ':' && inner !== undefined) {
      inner.last = JSON.parse(latest) as string;
      if (inner.names.has(inner.last)) return around.map(({ last }) => last).join('.');
      inner.names.add(inner.last);
    } else if (token !== ',') latest = token;
  }
  return undefined;
}
