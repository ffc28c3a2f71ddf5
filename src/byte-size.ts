/** `1 MiB`, `64 KiB`, `100 B`: for people. */
export function formatByteSize(length: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = length < 1024 ? 0 : Math.min(Math.floor(Math.log2(length) / 10), units.length - 1);
  const value = length / 1024 ** power;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[power]}`;
}
