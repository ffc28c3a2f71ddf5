/** What stands between elements: text without a bare special character, or with entities. */
const TEXT = /^(?:[^<>&]|&(?:amp|lt|gt|quot|apos|#\d+);)*$/;
const TAG = /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<&]*(?:&(?:amp|lt|gt|quot|apos|#\d+);[^"<&]*)*")*)\s*(\/?)>/y;

/** The names of a document's elements, in order. @throws unless it is well-formed, with one root, without comments or CDATA */
export function elementsOf(document: string): string[] {
  const names: string[] = [];
  const open: string[] = [];
  const body = document.replace(/^<\?xml [^?]*\?>/, '').trim();
  for (let at = 0; at < body.length; ) {
    const next = body.indexOf('<', at);
    const text = body.slice(at, next === -1 ? body.length : next);
    if (!TEXT.test(text)) throw new Error(`bare special character in ${JSON.stringify(text)}`);
    if (next === -1) break;
    TAG.lastIndex = next;
    const [tag, closing, name, , empty] = TAG.exec(body) ?? [];
    if (tag === undefined) throw new Error(`no tag: ${body.slice(next, next + 80)}`);
    if (open.length === 0 && names.length > 0) throw new Error(`${tag} follows the root`);
    if (closing && open.pop() !== name) throw new Error(`${tag} closes another element`);
    if (!closing) names.push(name!);
    if (!closing && !empty) open.push(name!);
    at = next + tag.length;
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`);
  return names;
}
