import { fork } from 'node:child_process';
import { parentPort, Worker } from 'node:worker_threads';
import { CHILD_PROGRAM } from '../runner/role.js';
import type { Link, LinkKind, LinkOptions } from './link.js';

// Links between a process and what it has started itself. The first end starts the second, which says hello once it is
// there, and begins when it is told to: a number is a signal of the link, everything else a message.
const HELLO = 1;
const GO = 2;
const CREDIT = 3;

/** Unacknowledged sends, and how many are acknowledged at once: a port takes whatever it is given, until memory ends. */
const WINDOW = { messages: 1024, chunks: 16 };
const CREDITS_PER_WINDOW = 4;

/** `process.send` between parent and child. JSON carries no bytes: they go as base64. */
export function childProcessLink(serialization: 'json' | 'advanced'): LinkKind {
  const encode = (bytes: Buffer) => (serialization === 'json' ? bytes.toString('base64') : bytes);
  const decode = (message: unknown) =>
    typeof message === 'string' ? Buffer.from(message, 'base64') : asBuffer(message as Uint8Array);
  return {
    isStream: false,
    keepsBytes: false,
    startsSecond: true,
    async open({ side, second, onBytes }) {
      const child = side === 'first' ? fork(CHILD_PROGRAM, [second], { serialization, stdio: 'inherit' }) : undefined;
      const channel = child ?? process;
      const post = (message: unknown, onSent?: (error: Error | null) => void): boolean =>
        child === undefined
          ? process.send!(message, undefined, undefined, onSent)
          : child.send(message as string, undefined, undefined, onSent);
      const send = (bytes: Buffer) => {
        let onSent = () => {};
        const isRoom = post(encode(bytes), () => onSent());
        return isRoom
          ? undefined
          : new Promise<void>((resolve) => {
              onSent = resolve;
            });
      };
      const signals = listen(channel, (message) => onBytes(decode(message)));
      return introduce(side, signals, post, send);
    },
  };
}

/** The message port between a thread and its worker. Chunks are handed over, not copied. */
export const messagePortLink: LinkKind = {
  isStream: false,
  keepsBytes: false,
  startsSecond: true,
  async open({ side, second, chunked, onBytes }: LinkOptions) {
    const port = side === 'first' ? new Worker(CHILD_PROGRAM, { argv: [second] }) : parentPort!;
    const window = chunked ? WINDOW.chunks : WINDOW.messages;
    const perCredit = window / CREDITS_PER_WINDOW;
    let [received, underWay] = [0, 0];
    let onRoom = () => {};
    const signals = listen(port, (message) => {
      if (++received % perCredit === 0) port.postMessage(CREDIT);
      onBytes(asBuffer(message as Uint8Array));
    });
    signals.onCredit = () => {
      underWay -= perCredit;
      onRoom();
    };
    const send = (bytes: Buffer) => {
      port.postMessage(bytes, chunked ? [bytes.buffer as ArrayBuffer] : []);
      return ++underWay < window
        ? undefined
        : new Promise<void>((resolve) => {
            onRoom = resolve;
          });
    };
    return introduce(side, signals, (signal) => port.postMessage(signal), send);
  },
};

interface Signals {
  readonly hello: Promise<unknown>;
  readonly go: Promise<unknown>;
  onCredit(): void;
}

/** What both a process and a port are. */
interface MessageSource {
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

function listen(source: MessageSource, onMessage: (message: unknown) => void): Signals {
  const settle = { [HELLO]: () => {}, [GO]: () => {} };
  const signals: Signals = {
    hello: new Promise<void>((resolve) => {
      settle[HELLO] = resolve;
    }),
    go: new Promise<void>((resolve) => {
      settle[GO] = resolve;
    }),
    onCredit: () => {},
  };
  source.on('message', (message) => {
    if (typeof message !== 'number') onMessage(message);
    else if (message === CREDIT) signals.onCredit();
    else settle[message as typeof HELLO | typeof GO]();
  });
  return signals;
}

async function introduce(
  side: LinkOptions['side'],
  signals: Signals,
  post: (signal: number) => unknown,
  send: Link['send'],
): Promise<Link> {
  if (side === 'second') post(HELLO);
  await (side === 'first' ? signals.hello : signals.go);
  return { send, begin: () => post(GO) };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
