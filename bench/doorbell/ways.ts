import type { fork } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { attachConsumer, attachProducer, createSegment } from '../../src/index.js';

/** How a message gets from a process that sends at its own pace to one that has nothing else to do. */
export interface Way {
  /** In the receiver: calls `onMessage` in the handler of each message. Resolves once it can receive. */
  receive(place: string, onMessage: () => void): Promise<void>;
  /** In the sender, once the receiver can receive: what sends one message. */
  connect(place: string, receiver: ReturnType<typeof fork>): Promise<() => void>;
}

const SEGMENT = 'wake';
const PAYLOAD: Buffer = Buffer.alloc(64, 0x5a);

/** A bare byte through a FIFO into `net.Socket`: what any wake-up of an event loop costs, the floor. */
const fifo: Way = {
  async receive(place, onMessage) {
    const fd = fs.openSync(place, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    new net.Socket({ fd, readable: true, writable: false }).on('data', (bytes) => bytes.forEach(onMessage));
  },
  async connect(place) {
    const fd = fs.openSync(place, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    const byte = new Uint8Array(1);
    return () => void fs.writeSync(fd, byte);
  },
};

const unixSocket: Way = {
  receive(place, onMessage) {
    let received = 0;
    const server = net.createServer((socket) => {
      socket.on('data', (chunk) => {
        for (received += chunk.length; received >= PAYLOAD.length; received -= PAYLOAD.length) onMessage();
      });
    });
    return new Promise((resolve) => server.listen(`${place}.socket`, resolve));
  },
  async connect(place) {
    const socket = net.connect(`${place}.socket`);
    await new Promise((resolve) => socket.once('connect', resolve));
    return () => void socket.write(PAYLOAD);
  },
};

const processSend: Way = {
  async receive(_, onMessage) {
    process.on('message', onMessage);
  },
  async connect(_, receiver) {
    return () => void receiver.send(PAYLOAD);
  },
};

/** Hermes, by a call that waits and a poll, or by an asynchronous iteration. */
function hermes(idle: 'doorbell' | 'balanced', form: 'waitAsync' | 'for await'): Way {
  return {
    async receive(place, onMessage) {
      const consumer = attachConsumer(SEGMENT, { directory: `${place}.segments`, idle });
      if (form === 'for await') {
        void (async () => {
          for await (const _ of consumer) onMessage();
        })();
      } else {
        void (async () => {
          for (;;) {
            await consumer.waitAsync();
            consumer.poll(onMessage);
          }
        })();
      }
    },
    async connect(place) {
      const producer = attachProducer(SEGMENT, { directory: `${place}.segments` });
      return () => void producer.offer(PAYLOAD);
    },
  };
}

export const WAYS: Readonly<Record<string, Way>> = {
  'bare byte, FIFO': fifo,
  'Hermes, doorbell': hermes('doorbell', 'waitAsync'),
  'Hermes, for await': hermes('doorbell', 'for await'),
  'Hermes, balanced': hermes('balanced', 'for await'),
  'Unix socket': unixSocket,
  'process.send': processSend,
};

/** Makes what the ways need at `place`. */
export function prepare(place: string, makeFifo: (path: string) => void): void {
  makeFifo(place);
  createSegment(SEGMENT, { directory: `${place}.segments`, producers: 1, maxGroups: 1, members: 1 });
}
