// What contestants are called: in the tables, in the charts, and in the results that are kept.

export const HERMES = 'Hermes';
export const CLAIMS = 'Hermes, claims';
export const DOORBELL = 'Hermes, doorbell';
export const NATIVE = 'C++ ring';
/** Also the start of the names of the same ring over other mappings. */
export const BARE = 'hand-written ring';
export const UNIX_SOCKET = 'Unix domain socket';
export const MESSAGE_PORT = 'MessagePort';
export const ZEROMQ = 'zeromq';
export const REDIS = 'Redis';
export const NATS = 'NATS';
/** What no contestant can pass. */
export const COPY = 'memcpy, one thread';

/** Those that the goals name. */
export const PEERS: readonly string[] = [UNIX_SOCKET, ZEROMQ, MESSAGE_PORT, NATS, REDIS];
