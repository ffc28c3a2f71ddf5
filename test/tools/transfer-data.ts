import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { onTestFinished } from 'vitest';
import { Random } from '../support/random.js';
import { lengthPrefixed } from './length-prefixed.js';

/** A file that is to go through a segment. */
export interface TransferFile {
  readonly path: string;
  readonly byteCount: number;
  readonly messageCount: number;
  /** SHA-256, in hexadecimal. */
  readonly sha256: string;
}

const MAX_PAYLOAD_LENGTH = 65_536;
const SEED = 1;

/** A directory on disk for the running test alone; removed when that has finished. */
export function diskDirectory(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hermes-test-'));
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes at least `leastBytes` of length-prefixed messages of 0 to 65,536 random bytes, both lengths among them. */
export function writeBinaryFile(file: string, leastBytes: number): Promise<TransferFile> {
  return writeFile(file, function* () {
    const random = new Random(SEED);
    for (let bytes = 0, count = 0; bytes < leastBytes; count++) {
      const length = count === 0 ? 0 : count === 1 ? MAX_PAYLOAD_LENGTH : random.below(MAX_PAYLOAD_LENGTH + 1);
      const message = lengthPrefixed([random.bytes(length)]);
      yield message;
      bytes += message.length;
    }
  });
}

/** Writes so many lines of text, of 0 to 200 characters, each with a newline. */
export function writeTextFile(file: string, lineCount: number): Promise<TransferFile> {
  return writeFile(file, function* () {
    const random = new Random(SEED);
    for (let line = 0; line < lineCount; line++) {
      const text = `${line} ${random.bytes(random.below(151)).toString('base64')}`;
      yield Buffer.from(`${text.slice(0, random.below(201))}\n`);
    }
  });
}

/** Writes messages with a stream, so that a file may be larger than memory, and hashes them on the way. */
async function writeFile(file: string, messages: () => Generator<Buffer>): Promise<TransferFile> {
  const hash = createHash('sha256');
  let [byteCount, messageCount] = [0, 0];
  const hashed = function* () {
    for (const message of messages()) {
      hash.update(message);
      byteCount += message.length;
      messageCount++;
      yield message;
    }
  };
  await pipeline(hashed, fs.createWriteStream(file, { highWaterMark: 1024 * 1024 }));
  return { path: file, byteCount, messageCount, sha256: hash.digest('hex') };
}

/** The SHA-256 of a file, in hexadecimal. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(fs.createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}
