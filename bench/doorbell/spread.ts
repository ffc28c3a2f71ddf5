/** Median, least and greatest of the rounds: `1.05 (1.03–1.07)`. */
export function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)]!.toFixed(2);
  return `${at(0.5)} (${at(0)}–${at(1)})`;
}
