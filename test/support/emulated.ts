/** Whether this is a Node of another processor, as `npm run test:arm64` runs it: it shows nothing about the order of memory. */
export function isEmulated(): boolean {
  return process.env.HERMES_TEST_ARM64_NODE !== undefined && process.arch === 'arm64';
}
