import { type Child, runChildren } from '../../src/tools/bench/child.js';
import { createLatencyHistogram, LatencyHistogram } from '../../src/tools/report/latency-histogram.js';
import { VerificationError } from '../contestants/contestant.js';
import { totalCount, type Workload } from './bench.js';
import type { ReceiptResult, TripsResult } from './measured-end.js';

/** A measurement that takes longer than this hangs. */
const WATCHDOG_MS = 60_000;

/**
 * Runs processes, pinned to the cores in turn. The result of the first, which measures: with that, all are ended, so that
 * the others need not know when all that they sent has arrived. It is an error if one ends in another way.
 */
export async function runMeasuring<Result>(
  children: readonly Child<unknown>[],
  interrupted: AbortSignal,
): Promise<Result> {
  const watchdog = AbortSignal.timeout(WATCHDOG_MS);
  try {
    const [first, ...others] = children;
    const ended = others.map((child) => {
      const result = Promise.race([first!.result, child.result]);
      result.catch(() => {}); // whoever awaits it learns
      return { ...child, result };
    });
    const [result] = await runChildren([first!, ...ended], AbortSignal.any([interrupted, watchdog]));
    return result as Result;
  } catch (error) {
    throw watchdog.aborted ? new Error(`no result within ${WATCHDOG_MS / 1000} s`) : error;
  }
}

/** Messages a second. @throws VerificationError */
export function rateOf(name: string, workload: Workload, result: ReceiptResult): number {
  verify(name, workload, result);
  return workload.messageCount / (result.elapsedNs / 1e9);
}

/** What a process found that made a histogram of its own. */
export interface HistogramResult {
  readonly histogram: ReturnType<LatencyHistogram['snapshot']>;
  readonly received: number;
  readonly faults: number;
}

/** @throws VerificationError */
export function histogramOf(name: string, workload: Workload, result: TripsResult | HistogramResult): LatencyHistogram {
  verify(name, workload, result);
  if ('histogram' in result) return LatencyHistogram.restore(result.histogram);
  const histogram = createLatencyHistogram();
  for (const tripNs of result.tripsNs) histogram.recordValue(tripNs);
  return histogram;
}

function verify(
  name: string,
  workload: Workload,
  { received, faults }: Pick<ReceiptResult, 'received' | 'faults'>,
): void {
  const expected = totalCount(workload);
  if (received === expected && faults === 0) return;
  throw new VerificationError(`${name}: ${received} of ${expected} messages arrived, ${faults} of them wrong`);
}
