import type { Spread } from '../harness/statistics.js';

/** `12.3M (11.9M–12.8M)`: median, minimum and maximum. */
export function spreadText({ median, min, max }: Spread, format: (value: number) => string): string {
  return `${format(median)} (${format(min)}–${format(max)})`;
}

/** `1.16 ×`, `22 ×` */
export function timesText(value: number): string {
  return `${value >= 9.95 ? value.toFixed(0) : value.toFixed(2)} ×`;
}
