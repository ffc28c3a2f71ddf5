/** The results of a run. */
export interface Summary {
  readonly seed: number;
  readonly seconds: number;
  readonly kills: number;
  readonly killsByRole: Readonly<Record<string, number>>;
  /** `end` counts the lives that ended in order: no kills. */
  readonly killsByKind: Readonly<Record<string, number>>;
  /** Deaths at exact points, by what the process was at. */
  readonly exactByOperation: Readonly<Record<string, number>>;
  /** Different exact points at which a process died. */
  readonly exactPoints: number;
  /** Places in the code that are points: all, those that anybody came by, and those of them where nobody died. */
  readonly sites: { readonly all: number; readonly passed: number; readonly spared: readonly string[] };
  /** SIGSTOP and, up to 300 ms later, SIGCONT; and those of them at exact points. */
  readonly stops: number;
  readonly exactStops: number;
  readonly messages: number;
  readonly redelivered: { readonly default: number; readonly queue: number };
  /** Milliseconds, without the times in which somebody was stopped, or a durable group had no member. */
  readonly longestBlockMs: number;
  /** Milliseconds, with them. */
  readonly longestExcusedBlockMs: number;
  readonly violations: readonly string[];
}

const MOST_SHOWN = 40;

export function printSummary(summary: Summary): void {
  const counts = (record: Readonly<Record<string, number>>) =>
    Object.entries(record)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const rows: [string, string][] = [
    ['seed', `${summary.seed}`],
    ['seconds', summary.seconds.toFixed(1)],
    ['kills', `${summary.kills}`],
    ['  by role', counts(summary.killsByRole)],
    ['  by kind', counts(summary.killsByKind)],
    ['  at exact points', counts(summary.exactByOperation)],
    ['exact points', `${summary.exactPoints} different; places: ${summary.sites.all}, passed: ${summary.sites.passed}`],
    ['  nobody died at', summary.sites.spared.join(', ') || 'none'],
    ['stops', `${summary.stops}, at exact points: ${summary.exactStops}`],
    ['messages', `${summary.messages}`],
    ['redelivered', counts(summary.redelivered)],
    ['longest block', `${summary.longestBlockMs} ms (${summary.longestExcusedBlockMs} ms with what is excused)`],
    ['verdict', summary.violations.length === 0 ? 'clean' : `${summary.violations.length} VIOLATIONS`],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(20)}${value}`);
  for (const violation of summary.violations.slice(0, MOST_SHOWN)) console.log(`  ${violation}`);
}
