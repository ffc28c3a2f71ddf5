import { natsPeer, redisPeer, zeroMqPeer } from '../contestants/peers.js';
import type { LinkKind, Side } from './link.js';

/** Sends that may be under way before the sender looks whether they got on. */
const WINDOW = { messages: 4096, chunks: 16 };

const window = (chunked: boolean) => (chunked ? WINDOW.chunks : WINDOW.messages);

/** Names of what an end reads and writes. */
function channels(side: Side): { readonly incoming: string; readonly outgoing: string } {
  return side === 'first' ? { incoming: 'there', outgoing: 'back' } : { incoming: 'back', outgoing: 'there' };
}

/** A pair of sockets over `ipc://`. A send at a time is what the package allows; it batches in its own thread. */
export const zeroMqLink: LinkKind = {
  isStream: false,
  keepsBytes: true,
  startsSecond: false,
  async open({ side, address, chunked, onBytes }) {
    const highWaterMark = window(chunked);
    const socket = new (zeroMqPeer().Pair)({ sendHighWaterMark: highWaterMark, receiveHighWaterMark: highWaterMark });
    if (side === 'first') await socket.bind(`ipc://${address}`);
    else socket.connect(`ipc://${address}`);
    void (async () => {
      for await (const [message] of socket) onBytes(message);
    })();
    return { send: (bytes) => socket.send(bytes) };
  },
};

/** Publish and subscribe through a server. The client pipelines what is sent in one turn of the event loop. */
export const redisLink: LinkKind = {
  isStream: false,
  keepsBytes: true,
  startsSecond: false,
  async open({ side, address, chunked, onBytes }) {
    const { incoming, outgoing } = channels(side);
    const [publisher, subscriber] = [0, 1].map(() => redisPeer().createClient({ socket: { path: address } }));
    for (const client of [publisher!, subscriber!]) {
      client.on('error', fail);
      await client.connect();
    }
    await subscriber!.subscribe(incoming, onBytes, true);
    const most = window(chunked);
    let underWay = 0;
    let onRoom = () => {};
    const onDone = () => {
      // The next go out together once half of the window has come back.
      if (--underWay === most >> 1) onRoom();
    };
    return {
      send(bytes) {
        publisher!.publish(outgoing, bytes).then(onDone, fail);
        if (++underWay < most) return undefined;
        return new Promise<void>((resolve) => {
          onRoom = resolve;
        });
      },
    };
  },
};

/** Publish and subscribe through a server. The client flushes by itself; every now and then it is asked to have arrived. */
export const natsLink: LinkKind = {
  isStream: false,
  keepsBytes: true,
  startsSecond: false,
  async open({ side, address, chunked, onBytes }) {
    const { incoming, outgoing } = channels(side);
    const connection = await natsPeer().connect({ servers: address });
    connection.subscribe(incoming, {
      callback: (error, { data }) => {
        if (error !== null) fail(error);
        onBytes(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      },
    });
    await connection.flush(); // subscribed
    const perFlush = window(chunked) >> 1;
    let sent = 0;
    let flushed: Promise<void> | undefined;
    return {
      send(bytes) {
        connection.publish(outgoing, bytes);
        if (++sent % perFlush !== 0) return undefined;
        const before = flushed;
        flushed = connection.flush();
        return before ?? Promise.resolve();
      },
    };
  },
};

/** A connection that breaks ends the process, and so the measurement. */
function fail(error: Error): never {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
