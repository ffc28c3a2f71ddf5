import fs from 'node:fs';
import { UsageError } from './command.js';
import { say } from './output.js';

/**
 * A file that is written at the end, and opened once at the beginning. So it is known whether it can be written before a long measurement
 * starts. Its old content stays until it is written. If it was made for this, and is not written, it is removed again.
 */
export class OutputFile implements Disposable {
  private isWritten = false;

  private constructor(
    private readonly path: string,
    private readonly isNew: boolean,
  ) {}

  /** Undefined if there is no path. `option` is the option that gave the path. @throws UsageError */
  static open(path: string | undefined, option: string): OutputFile | undefined {
    if (path === undefined) return undefined;
    const isNew = !fs.existsSync(path);
    try {
      fs.closeSync(fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_NONBLOCK, 0o666));
    } catch (error) {
      // It is a FIFO that nobody reads yet. Somebody may when it is written.
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw cannotWrite(path, error, option);
    }
    return new OutputFile(path, isNew);
  }

  /** Replaces what is in it. @throws UsageError */
  write(content: string): void {
    try {
      fs.writeFileSync(this.path, content);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
    this.isWritten = true;
    say(`Wrote ${this.path}.`);
  }

  [Symbol.dispose](): void {
    if (this.isNew && !this.isWritten) fs.rmSync(this.path, { force: true });
  }
}

function cannotWrite(path: string, error: unknown, option?: string): UsageError {
  const given = option === undefined ? '' : `${option}: `;
  return new UsageError(`${given}cannot write ${path}: ${(error as Error).message}`);
}
