import { formatByteSize } from './byte-size.js';
import { formatCount, formatRate } from './output.js';

const INTERVAL_MS = 500;

/** How far a long run has got: a line on stderr, rewritten twice a second, and only if stderr is a terminal. */
export class Progress {
  private messages = 0;
  private bytes = 0;
  private shownMessages = 0;
  private shownBytes = 0;
  private shownAtMs: number = performance.now();
  private timer: NodeJS.Timeout | undefined;

  /** @param mayShow false if the terminal shows the data itself */
  constructor(
    private readonly what: string,
    mayShow: boolean = true,
  ) {
    if (mayShow && process.stderr.isTTY) this.timer = setInterval(() => this.show(), INTERVAL_MS).unref();
  }

  add(messages: number, bytes: number): void {
    this.messages += messages;
    this.bytes += bytes;
  }

  /** Clears the line. */
  end(): void {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    this.timer = undefined;
    process.stderr.write('\r\x1b[K');
  }

  private show(): void {
    const nowMs = performance.now();
    const seconds = (nowMs - this.shownAtMs) / 1000;
    const rate = formatRate((this.messages - this.shownMessages) / seconds);
    const throughput = formatByteSize(Math.round((this.bytes - this.shownBytes) / seconds));
    process.stderr.write(`\r\x1b[K${this.what} ${formatCount(this.messages)} messages · ${rate}/s · ${throughput}/s`);
    this.shownMessages = this.messages;
    this.shownBytes = this.bytes;
    this.shownAtMs = nowMs;
  }
}
