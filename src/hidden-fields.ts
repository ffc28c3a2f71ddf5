/**
 * Makes the fields of an object, but for those that are `shown`, no matter of who prints, clones, compares or stringifies it: they
 * lead to all of a mapped file. To be called at the end of a constructor; fields stay as fast as they were.
 */
export function hideFields(object: object, ...shown: readonly string[]): void {
  for (const name of Object.keys(object)) {
    if (!shown.includes(name)) Object.defineProperty(object, name, { enumerable: false });
  }
}
