import { HermesError } from '../errors.js';
import { errnoName, libc } from './libc.js';
import { systemError } from './system-error.js';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
/** The same on x86-64 and arm64. */
const SOCK_CLOEXEC = 0o2_000_000;
const MSG_NOSIGNAL = 0x4000;

// struct sockaddr_un: sun_family u16, sun_path 108 bytes.
const PATH_OFFSET = 2;
const PATH_LENGTH = 108;

/**
 * Tells the service manager how the process is doing, as sd_notify(3) does: one datagram of `NAME=value` lines to the socket that
 * `NOTIFY_SOCKET` of the environment names. False if it names none. Node has no Unix datagrams.
 * @throws HermesError ERR_HERMES_SYSTEM and such, when it cannot be sent; ERR_HERMES_INVALID_OPTION for a name that is none
 */
export function notifyServiceManager(
  state: readonly string[],
  socket: string | undefined = process.env.NOTIFY_SOCKET,
): boolean {
  if (socket === undefined || socket === '') return false;
  const address = addressOf(socket);
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd === -1) throw systemError('open', 'a socket', errnoName(libc().errno()));
  try {
    const datagram = Buffer.from(state.join('\n'));
    const sent = libc().sendto(fd, datagram, datagram.length, MSG_NOSIGNAL, address, address.length);
    if (sent === -1) throw systemError('send to', `the NOTIFY_SOCKET ${socket}`, errnoName(libc().errno()));
    return true;
  } finally {
    libc().close(fd);
  }
}

/** A path, which ends with a zero; or, after an @, an abstract name, which begins with one and is as long as the address says. */
function addressOf(socket: string): Buffer {
  const isAbstract = socket.startsWith('@');
  const path = Buffer.from(isAbstract ? `\0${socket.slice(1)}` : `${socket}\0`);
  if ((!isAbstract && !socket.startsWith('/')) || path.length > PATH_LENGTH) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `NOTIFY_SOCKET is ${socket}: give an absolute path, or a name after @, of at most ${PATH_LENGTH - 1} bytes`,
    );
  }
  const address = Buffer.alloc(PATH_OFFSET + path.length);
  address.writeUInt16LE(AF_UNIX);
  path.copy(address, PATH_OFFSET);
  return address;
}
