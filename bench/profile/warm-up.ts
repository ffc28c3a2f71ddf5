import { attachConsumer, attachProducer } from 'hermes-ipc';
import { formatByteSize } from '../../src/tools/byte-size.js';
import { formatCount, say } from '../../src/tools/output.js';
import { textTable } from '../../src/tools/text-table.js';
import { leaseRing } from '../contestants/rings.js';
import { makeScratch } from '../runner/bench.js';
import { clockOrigin, nsSince } from '../runner/measured-end.js';

// What a message costs a process that has just begun, until V8 has compiled all, and what it costs where the lane's position
// passes 2 GiB: an `offer` and a `poll` of one message, in turns.
// node dist/bench/profile/warm-up.js [payload bytes] [messages a line] [lines]

const [payloadLength, step, lines] = [64, 20_000, 15].map((usual, i) => Number(process.argv[i + 2] ?? usual));

using scratch = makeScratch();
const { directory } = scratch;
using segment = leaseRing(directory);
const producer = attachProducer(segment.name, { directory });
const consumer = attachConsumer(segment.name, { directory });
const payload = Buffer.alloc(payloadLength!);
const handler = () => {};

const rows: string[][] = [];
for (let line = 1; line <= lines!; line++) {
  const origin = clockOrigin();
  for (let i = 0; i < step!; i++) {
    producer.offer(payload);
    consumer.poll(handler, 1);
  }
  const elapsedNs = nsSince(origin);
  rows.push([
    formatCount(line * step!),
    formatByteSize(producer.position),
    (elapsedNs / step!).toFixed(0),
    (elapsedNs / 1e6).toFixed(1),
  ]);
}
say(textTable(['messages', 'position', 'ns a message', 'ms a line'], rows));
