import fs from 'node:fs';
import { UsageError } from './command.js';
import { say } from './output.js';

/**
 * A file that is written when all is done, and opened before anything is begun: whether it can be written is known then, and not after
 * a long measurement. What is in it stays until then; one that is made for this, and not written, is removed again.
 */
export class OutputFile implements Disposable {
  private isWritten = false;

  private constructor(
    private readonly path: string,
    private readonly fd: number,
    private readonly isNew: boolean,
  ) {}

  /** Undefined for no path. `option` is what the path was given with. @throws UsageError */
  static open(path: string | undefined, option: string): OutputFile | undefined {
    if (path === undefined) return undefined;
    const isNew = !fs.existsSync(path);
    try {
      const { O_WRONLY, O_CREAT } = fs.constants;
      return new OutputFile(path, fs.openSync(path, O_WRONLY | O_CREAT, 0o666), isNew);
    } catch (error) {
      throw cannotWrite(path, error, option);
    }
  }

  /** Replaces what is in it, once. @throws UsageError */
  write(content: string): void {
    try {
      if (fs.fstatSync(this.fd).isFile()) fs.ftruncateSync(this.fd);
      fs.writeFileSync(this.fd, content);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
    this.isWritten = true;
    say(`Wrote ${this.path}.`);
  }

  [Symbol.dispose](): void {
    if (this.isNew && !this.isWritten) fs.rmSync(this.path, { force: true });
    fs.closeSync(this.fd);
  }
}

function cannotWrite(path: string, error: unknown, option?: string): UsageError {
  const given = option === undefined ? '' : `${option}: `;
  return new UsageError(`${given}cannot write ${path}: ${(error as Error).message}`);
}
