import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openJournal } from 'hermes-ipc';
import { resolveJournalOptions } from '../../src/journal/journal-options.js';
import { JournalWriter } from '../../src/journal/journal-writer.js';
import { RECORD_FLAG_CRC, RECORD_MAGIC, RECORD_VERSION, recordLength } from '../../src/layout/record.js';
import { chosenMapper } from '../../src/os/chosen-mapper.js';
import type { Mapping } from '../../src/os/mapper.js';
import { allocate } from '../../src/os/new-file.js';
import { textTable } from '../../src/tools/text-table.js';

// Appends to a journal against a memcpy of the same bytes into files of the same size, allocated and mapped likewise, in
// rounds that take turns within one run; and what reading the journal takes.
//   node dist/bench/journal/append.js [rounds] [directory]

interface Contestant {
  readonly name: string;
  /** Nanoseconds for `count` messages of this payload. */
  append(directory: string, payload: Buffer, count: number): Promise<number>;
}

const ROUNDS = Number(process.argv[2] ?? 5);
const ROOT = process.argv[3] ?? os.tmpdir();
const CASES: readonly (readonly [number, number])[] = [
  [64, 1_500_000],
  [4096, 50_000],
];
const FILE_LENGTH = 64 * 1024 * 1024;
/** As a recorder does: the event loop gets a turn now and then. */
const BATCH_COUNT = 1024;
const TURN_INTERVAL_MS = 5;
const SOURCE_COUNT = 256;

/** Records as they lie in a lane, used again and again with the sequences that are due. */
class Source {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly whole: number;

  constructor(
    payload: Buffer,
    readonly checksum: boolean,
  ) {
    this.whole = recordLength(payload.length);
    const buffer = new SharedArrayBuffer(this.whole * SOURCE_COUNT);
    this.bytes = Buffer.from(buffer);
    this.words = new Int32Array(buffer);
    for (let i = 0; i < SOURCE_COUNT; i++) {
      const index = (i * this.whole) >>> 2;
      this.words[index] = RECORD_MAGIC;
      this.words[index + 1] = RECORD_VERSION | (1 << 8) | ((checksum ? RECORD_FLAG_CRC : 0) << 16);
      this.words[index + 6] = payload.length;
      this.bytes.set(payload, i * this.whole + 32);
    }
  }

  /** The word index of the record of a sequence, which is written into it. A CRC is not: it is only copied. */
  at(sequence: number): number {
    const index = ((sequence % SOURCE_COUNT) * this.whole) >>> 2;
    this.words[index + 2] = sequence;
    return index;
  }
}

function journal(checksum: boolean): Contestant {
  return {
    name: checksum ? 'journal, the CRC is the segment’s' : 'journal, the CRC is computed',
    async append(directory, payload, count) {
      const source = new Source(payload, checksum);
      const settings = resolveJournalOptions({ fileLength: FILE_LENGTH });
      const origin = { segmentId: Buffer.alloc(16, 1), laneCount: 1, maxPayloadLength: payload.length, checksum };
      const writer = JournalWriter.open(path.join(directory, 'journal'), origin, settings);
      writer.readFrom(source.bytes);
      const ns = await timed(count, (sequence) => {
        writer.append(source.at(sequence), 0, 1, payload.length);
        if (sequence % BATCH_COUNT === BATCH_COUNT - 1) writer.store(); // as a recorder does before it acknowledges
      });
      writer.store();
      writer.close();
      return ns;
    },
  };
}

/** `pieceCount` records are copied at once. */
function memcpy(pieceCount: number): Contestant {
  return {
    name: pieceCount === 1 ? 'memcpy, a record at a time' : `memcpy, ${pieceCount} records at a time`,
    async append(directory, payload, count) {
      const source = new Source(payload, false);
      const length = source.whole * pieceCount;
      const views = Array.from({ length: SOURCE_COUNT / pieceCount }, (_, i) =>
        source.bytes.subarray(i * length, (i + 1) * length),
      );
      let mapping: Mapping | undefined;
      let target: Uint8Array = new Uint8Array(0);
      let end = FILE_LENGTH;
      let fileCount = 0;
      const roll = () => {
        const fd = fs.openSync(path.join(directory, `memcpy-${fileCount++}`), 'wx+');
        allocate(fd, FILE_LENGTH, 'a file');
        const former: Mapping | undefined = mapping;
        mapping = chosenMapper().map(fd, FILE_LENGTH, 'read-write', former);
        if (former?.buffer !== mapping.buffer) target = new Uint8Array(mapping.buffer);
        fs.closeSync(fd);
        end = 0;
      };
      const ns = await timed(count, (sequence) => {
        source.at(sequence);
        if (sequence % pieceCount !== 0) return;
        if (end + length > FILE_LENGTH) roll();
        target.set(views[(sequence / pieceCount) % views.length]!, end);
        end += length;
      });
      (mapping as Mapping | undefined)?.unmap();
      return ns;
    },
  };
}

async function timed(count: number, append: (sequence: number) => void): Promise<number> {
  const startNs = process.hrtime.bigint();
  let turnedAtMs = performance.now();
  for (let sequence = 0; sequence < count; ) {
    for (const end = Math.min(sequence + BATCH_COUNT, count); sequence < end; sequence++) append(sequence);
    if (performance.now() - turnedAtMs < TURN_INTERVAL_MS) continue;
    await nextTurn();
    turnedAtMs = performance.now();
  }
  return Number(process.hrtime.bigint() - startNs);
}

/** Reads the journal that a contestant has left: nanoseconds. */
function replay(directory: string, count: number): number {
  using reader = openJournal(path.join(directory, 'journal'));
  let sum = 0;
  const startNs = process.hrtime.bigint();
  let read = 0;
  for (let n = -1; n !== 0; read += n) {
    n = reader.read(({ buffer, offset }) => {
      sum += buffer[offset]!;
    }, BATCH_COUNT);
  }
  const ns = Number(process.hrtime.bigint() - startNs);
  if (read !== count || sum !== count * 7) throw new Error(`${read} of ${count} messages were read`);
  return ns;
}

for (const [payloadLength, count] of CASES) {
  const payload = Buffer.alloc(payloadLength, 7);
  const contestants = [memcpy(1), memcpy(16), journal(false), journal(true)];
  const samples = new Map<string, number[]>();
  const note = (name: string, ns: number) => samples.set(name, [...(samples.get(name) ?? []), ns / count]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of contestants) {
      const directory = fs.mkdtempSync(path.join(ROOT, 'hermes-bench-'));
      try {
        note(contestant.name, await contestant.append(directory, payload, count));
        if (contestant.name === journal(false).name) note('reading the journal', replay(directory, count));
      } finally {
        fs.rmSync(directory, { recursive: true });
      }
    }
    process.stderr.write(`${payloadLength} B: round ${round + 1} of ${ROUNDS}\n`);
  }
  const median = (name: string) => samples.get(name)!.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
  const base = median(memcpy(1).name);
  const rows = [...samples.keys()].map((name) => {
    const ns = median(name);
    const all = samples.get(name)!;
    const range = `${Math.min(...all).toFixed(0)} – ${Math.max(...all).toFixed(0)}`;
    return [
      name,
      ns.toFixed(0),
      range,
      (1000 / ns).toFixed(2),
      ((payloadLength * 1000) / ns).toFixed(0),
      (base / ns).toFixed(2),
    ];
  });
  process.stdout.write(textTable([`${payloadLength} B`, 'NS', 'RANGE', 'M/S', 'MB/S', 'OF MEMCPY'], rows));
}
process.exit();
