import fs from 'node:fs';
import { UsageError } from './command.js';
import { say } from './output.js';

/**
 * A file that is written when all is done, and tried before anything is begun: whether it can be written is known then, and not after
 * a long measurement. What is in it stays until then; one that is made for this, and not written, is removed again.
 */
export class OutputFile implements Disposable {
  private isWritten = false;

  private constructor(
    private readonly path: string,
    private readonly isNew: boolean,
  ) {}

  /** Undefined for no path. `option` is what the path was given with. @throws UsageError */
  static open(path: string | undefined, option: string): OutputFile | undefined {
    if (path === undefined) return undefined;
    const isNew = !fs.existsSync(path);
    try {
      fs.closeSync(fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_NONBLOCK, 0o666));
    } catch (error) {
      // A FIFO that nobody reads yet may be read when it is written.
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
