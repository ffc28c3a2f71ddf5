/** The steps of a logarithmic axis: round in the decimal system, or, of sizes in bytes, in the binary one. */
export type Steps = 'decimal' | 'binary';

/** Labels that an axis has room for. */
const MOST_LABELS = 9;

/** Round values from the last not above `min` to the first not below `max`, at most nine. For a logarithmic axis. */
export function ticksBetween(min: number, max: number, steps: Steps): number[] {
  for (const candidates of steps === 'binary' ? binarySteps(min, max) : decimalSteps(min, max)) {
    const ticks = around(candidates, min, max);
    if (ticks.length <= MOST_LABELS) return ticks;
  }
  throw new RangeError(`no steps from ${min} to ${max}`);
}

/** The same, however many there are: 1, 2 and 5 of every decade. */
export function oneTwoFiveBetween(min: number, max: number): number[] {
  return around(oneTwoFive(min, max), min, max);
}

/** About six round values for an even axis: from the last not above `min` to the first above `max`. */
export function evenTicksBetween(min: number, max: number): number[] {
  const rough = Math.max((max - min) / 5, 1);
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((mantissa) => mantissa * decade).find((candidate) => candidate >= rough)!;
  const ticks = [Math.floor(min / step) * step];
  while (ticks.at(-1)! <= max) ticks.push(ticks.at(-1)! + step);
  return ticks;
}

/** Ticks outside of the values are left out, but for one at each end. */
function around(candidates: readonly number[], min: number, max: number): number[] {
  const first = Math.max(
    0,
    candidates.findLastIndex((tick) => tick <= min),
  );
  const last = candidates.findIndex((tick) => tick >= max);
  return candidates.slice(first, last + 1);
}

/** 1-2-5, then 1 alone, then every second power of ten, and so on. */
function decimalSteps(min: number, max: number): number[][] {
  return [oneTwoFive(min, max), ...[1, 2, 3, 4, 6].map((every) => powersBetween(10 ** every, min, max))];
}

function oneTwoFive(min: number, max: number): number[] {
  return powersBetween(10, min, max).flatMap((power) => [power, 2 * power, 5 * power]);
}

/** Powers of 2, of 4, of 8, and so on. */
function binarySteps(min: number, max: number): number[][] {
  return [2, 4, 16, 64, 1024].map((base) => powersBetween(base, min, max));
}

function powersBetween(base: number, min: number, max: number): number[] {
  const powers: number[] = [];
  const first = Math.floor(Math.log(min) / Math.log(base) + 1e-9);
  for (let power = first; ; power++) {
    powers.push(base ** power);
    if (base ** power >= max) return powers;
  }
}
