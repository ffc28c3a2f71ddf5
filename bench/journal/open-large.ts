import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspectJournal, openJournal } from '../../src/index.js';
import { resolveJournalOptions } from '../../src/journal/journal-options.js';
import { JournalWriter } from '../../src/journal/journal-writer.js';
import { RECORD_HEADER_LENGTH, recordLength } from '../../src/layout/record.js';
import { textTable } from '../../src/tools/text-table.js';

// How long it takes to open and mend a large journal whose tail is torn, and what of it is read; and to seek in it.
//   node dist/bench/journal/open-large.js [GiB] [directory] [MiB of each file]

const GIB = Number(process.argv[2] ?? 10);
const ROOT = process.argv[3] ?? os.tmpdir();
const FILE_LENGTH = Number(process.argv[4] ?? 64) * 1024 ** 2;
const PAYLOAD_LENGTH = 8192 - RECORD_HEADER_LENGTH;
const source = { segmentId: Buffer.alloc(16, 1), laneCount: 1, maxPayloadLength: PAYLOAD_LENGTH, checksum: false };
const settings = resolveJournalOptions({ fileLength: FILE_LENGTH });

const root = fs.mkdtempSync(path.join(ROOT, 'hermes-bench-'));
const directory = path.join(root, 'journal');
try {
  const { count, seconds } = await write();
  const { files, position } = inspectJournal(directory);
  const last = path.join(directory, files.at(-1)!.name);
  const rows: string[][] = [
    ['write it', `${(seconds * 1000).toFixed(0)} ms`, `${((GIB * 1024) / seconds).toFixed(0)} MiB/s`],
  ];
  const measure = (what: string, action: () => string) => {
    const readBefore = bytesRead();
    const startMs = performance.now();
    const note = action();
    const ms = performance.now() - startMs;
    rows.push([
      what,
      `${ms.toFixed(1)} ms`,
      `${note}; ${((bytesRead() - readBefore) / 1024 ** 2).toFixed(1)} MiB read from the disk`,
    ]);
  };
  const open = (expected: number) => () => {
    const writer = JournalWriter.open(directory, source, settings);
    const next = writer.nextSequence(0);
    const note = `mended ${writer.repair?.discardedLength ?? 0} bytes`;
    writer.close();
    if (next !== expected) throw new Error(`${next} instead of ${expected} is the next sequence`);
    return note;
  };
  const tear = () => fs.truncateSync(last, 64 + position - files.at(-1)!.firstPosition - PAYLOAD_LENGTH / 2);
  tear();
  measure('open and mend a torn tail', open(count - 1));
  measure('open it again', open(count - 1));
  fs.rmSync(`${last}.index`);
  measure('open it without the last index', open(count - 1));
  measure('find a sequence in the middle', () => {
    using reader = openJournal(directory, { from: { lane: 0, sequence: Math.floor(count / 2) } });
    let found = -1;
    reader.read(({ sequence }) => {
      found = sequence;
    }, 1);
    return `message ${found} of ${count}`;
  });
  process.stdout.write(textTable([`${GIB} GiB, ${files.length} FILES`, 'TIME', 'NOTE'], rows));
} finally {
  fs.rmSync(root, { recursive: true });
}
process.exit();

async function write(): Promise<{ count: number; seconds: number }> {
  const startMs = performance.now();
  const writer = JournalWriter.open(directory, source, settings);
  const record = Buffer.alloc(recordLength(PAYLOAD_LENGTH), 5);
  const words = new Int32Array(record.buffer, record.byteOffset, record.length / 4);
  words.fill(0, 0, 8);
  writer.readFrom(record);
  let count = 0;
  for (; writer.position < GIB * 1024 ** 3; count++) {
    words[2] = count;
    writer.append(0, 0, 1, PAYLOAD_LENGTH);
    if (count % 64 === 0) await nextTurn();
  }
  writer.store();
  writer.close();
  return { count, seconds: (performance.now() - startMs) / 1000 };
}

function bytesRead(): number {
  return Number(/^read_bytes: (\d+)/m.exec(fs.readFileSync('/proc/self/io', 'ascii'))![1]);
}
