/** Payloads of which the length alone tells that they are right: 0 to 1,999 bytes. */
export function lengthOfSequence(sequence: number): number {
  return (sequence * 37) % 2000;
}
