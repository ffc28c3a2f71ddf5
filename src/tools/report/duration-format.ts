/** The units a duration is shown in, smallest first, with their length in nanoseconds. */
const UNITS = [
  { name: 'ns', lengthNs: 1 },
  { name: 'µs', lengthNs: 1e3 },
  { name: 'ms', lengthNs: 1e6 },
  { name: 's', lengthNs: 1e9 },
] as const;

/**
 * A duration for a reader: the largest unit of which there is at least one, rounded to `significantDigits`, without
 * trailing zeros: `850 ns`, `1.25 µs`, `3.4 ms`, `2 s`. Digits before the decimal point are never rounded away, and
 * seconds are the largest unit, so an hour is `3600 s`.
 *
 * @param ns a duration in nanoseconds; may be negative (a difference) or fractional (a mean). `—` when not finite.
 * @param significantDigits 1 to 15; more than 3 where neighbouring values have to stay distinguishable
 */
export function formatNs(ns: number, significantDigits: number = 3): string {
  if (!Number.isFinite(ns)) return '—';
  const magnitude = Math.abs(ns);
  let text = '0 ns';
  for (const unit of UNITS) {
    const rounded = roundTo(magnitude / unit.lengthNs, significantDigits);
    // Compared after rounding, so that 999.9 ns becomes `1 µs` and not `1000 ns`.
    if (rounded < 1 && unit.lengthNs > 1) break;
    text = `${rounded} ${unit.name}`;
  }
  return ns < 0 && !text.startsWith('0 ') ? `-${text}` : text;
}

function roundTo(value: number, significantDigits: number): number {
  if (value >= 10 ** (significantDigits - 1)) return Math.round(value);
  return Number(value.toPrecision(significantDigits));
}
