import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Link, LinkKind, LinkOptions } from './link.js';

const RETRY_MS = 5;
/** Given to the socket once and filled again and again: the fastest way to read that node:net has. */
const READ_LENGTH = 256 * 1024;

/** A Unix domain socket at the address. */
export const unixSocketLink: LinkKind = {
  isStream: true,
  keepsBytes: true,
  startsSecond: false,
  async open({ side, address, onBytes }: LinkOptions) {
    if (side === 'first') return writableLink(await connect(() => ({ path: address }), onBytes));
    return writableLink(await accept(net.createServer().listen(address), onBytes));
  },
};

/** TCP over loopback, with Nagle's algorithm off. The address is a file that tells the port. */
export const tcpLink: LinkKind = {
  isStream: true,
  keepsBytes: true,
  startsSecond: false,
  async open({ side, address, onBytes }: LinkOptions) {
    const socket = await (side === 'first'
      ? connect(() => announcedPort(address), onBytes)
      : announce(address, onBytes));
    socket.setNoDelay(true);
    return writableLink(socket);
  },
};

// A port that is chosen before anybody listens at it would not do: whoever connects to it too early may, by the rules of
// TCP, be connected to itself.
const HOST = '127.0.0.1';

function announcedPort(file: string): net.NetConnectOpts | undefined {
  if (!fs.existsSync(file)) return undefined;
  return { host: HOST, port: Number(fs.readFileSync(file, 'utf8')) };
}

async function announce(file: string, onBytes: (bytes: Buffer) => void): Promise<net.Socket> {
  const server = net.createServer().listen(0, HOST);
  await once(server, 'listening');
  fs.writeFileSync(`${file}.new`, `${(server.address() as net.AddressInfo).port}`);
  fs.renameSync(`${file}.new`, file);
  return accept(server, onBytes);
}

/** A FIFO for each direction, both ends on the event loop. The address is what their paths begin with. */
export const fifoLink: LinkKind = {
  isStream: true,
  keepsBytes: true,
  startsSecond: false,
  async open({ side, address, onBytes }: LinkOptions) {
    // Opened for both: neither end waits for the other to come, or sees it go.
    const open = (direction: string) =>
      fs.openSync(`${address}.${direction}`, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    const [incoming, outgoing] = side === 'first' ? ['there', 'back'] : ['back', 'there'];
    const reader = new net.Socket({ fd: open(incoming!), readable: true, writable: false });
    const writer = new net.Socket({ fd: open(outgoing!), readable: false, writable: true });
    reader.on('data', onBytes);
    return writableLink(writer);
  },
};

function writableLink(socket: net.Socket): Link {
  return { send: (bytes) => (socket.write(bytes) ? undefined : once(socket, 'drain')) };
}

/** Tries until the other end is there. */
async function connect(
  place: () => net.NetConnectOpts | undefined,
  onBytes: (bytes: Buffer) => void,
): Promise<net.Socket> {
  const buffer = Buffer.alloc(READ_LENGTH);
  const callback = (length: number) => {
    onBytes(buffer.subarray(0, length));
    return true;
  };
  for (; ; await setTimeout(RETRY_MS)) {
    const found = place();
    if (found === undefined) continue;
    const socket = net.connect({ ...found, onread: { buffer, callback } });
    const isConnected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    if (isConnected) return socket;
  }
}

async function accept(server: net.Server, onBytes: (bytes: Buffer) => void): Promise<net.Socket> {
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  server.close();
  return socket.on('data', onBytes);
}
