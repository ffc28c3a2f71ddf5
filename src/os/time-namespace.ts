import fs from 'node:fs';

const OFFSETS_PATH = '/proc/self/timens_offsets';
const OWN_PATH = '/proc/self/ns/time';
const OF_CHILDREN_PATH = '/proc/self/ns/time_for_children';

let known: bigint | undefined;

/**
 * Nanoseconds by which CLOCK_MONOTONIC of this process is ahead of the machine's, as in a container with a time namespace of its own.
 * 0 where there are no time namespaces, and where /proc does not tell. It never changes: a process of several threads stays in its namespace.
 */
export function monotonicLeadNs(): bigint {
  known ??= readLead();
  return known;
}

function readLead(): bigint {
  try {
    // The file tells of the namespace of future children. The process may have made that for them, and be in another one itself.
    if (fs.readlinkSync(OWN_PATH) !== fs.readlinkSync(OF_CHILDREN_PATH)) return 0n;
    return parseLead(fs.readFileSync(OFFSETS_PATH, 'ascii'));
  } catch {
    return 0n;
  }
}

/** @internal exported for its test. Reads a line such as `monotonic  86400  0`: seconds, then nanoseconds, which are never negative. */
export function parseLead(text: string): bigint {
  const [, seconds, nanoseconds] = /^monotonic\s+(-?\d+)\s+(\d+)$/m.exec(text) ?? [];
  return seconds === undefined ? 0n : BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds!);
}
