/** Times in which producers may have been refused for another reason than somebody's death: milliseconds, of the common clock. */
export class Excuses {
  private readonly spans: { fromMs: number; toMs: number }[] = [];
  private readonly open = new Map<string, { fromMs: number; toMs: number }>();

  begin(reason: string, nowMs: number): void {
    if (this.open.has(reason)) return;
    const span = { fromMs: nowMs, toMs: Number.POSITIVE_INFINITY };
    this.open.set(reason, span);
    this.spans.push(span);
  }

  end(reason: string, nowMs: number): void {
    const span = this.open.get(reason);
    if (span !== undefined) span.toMs = nowMs;
    this.open.delete(reason);
  }

  add(fromMs: number, toMs: number): void {
    this.spans.push({ fromMs, toMs });
  }

  /** Milliseconds of a time that no excuse covers. */
  remaining(fromMs: number, toMs: number): number {
    let left = 0;
    let atMs = fromMs;
    for (const span of this.spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
      if (span.toMs <= atMs) continue;
      if (span.fromMs >= toMs) break;
      left += Math.max(0, span.fromMs - atMs);
      atMs = Math.max(atMs, span.toMs);
    }
    return left + Math.max(0, toMs - atMs);
  }

  /** Forgets excuses that ended long ago. */
  forget(beforeMs: number): void {
    const first = this.spans.findIndex(({ toMs }) => toMs >= beforeMs);
    if (first > 0) this.spans.splice(0, first);
  }
}
