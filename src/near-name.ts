/** A word may have one wrong letter for every so many letters; a shorter word may have one, too. */
const LETTERS_PER_ERROR = 4;

/** The name that was most likely meant by a word that is no name; undefined if none is near. */
export function nearName(word: string, names: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(word.length / LETTERS_PER_ERROR));
  const near = names
    .map((name) => ({ name, distance: distanceOf(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= most && distance < name.length)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.name;
}

/** How many letters must be added, removed, changed, or swapped with their neighbour to turn one word into the other. */
function distanceOf(word: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= word.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= other.length; column++) {
      const isSame = word[row - 1] === other[column - 1];
      const isSwapped = word[row - 1] === other[column - 2] && word[row - 2] === other[column - 1];
      rows[row]![column] = Math.min(
        rows[row - 1]![column]! + 1,
        rows[row]![column - 1]! + 1,
        rows[row - 1]![column - 1]! + (isSame ? 0 : 1),
        isSwapped ? rows[row - 2]![column - 2]! + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return rows[word.length]![other.length]!;
}
