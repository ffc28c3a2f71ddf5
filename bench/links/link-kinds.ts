import { natsLink, redisLink, zeroMqLink } from './broker-links.js';
import { childProcessLink, messagePortLink } from './hosted-links.js';
import type { LinkKind } from './link.js';
import { fifoLink, tcpLink, unixSocketLink } from './socket-link.js';

export type LinkName =
  | 'unix'
  | 'tcp'
  | 'fifo'
  | 'child-process-json'
  | 'child-process-advanced'
  | 'message-port'
  | 'zeromq'
  | 'redis'
  | 'nats';

export const LINK_KINDS: Readonly<Record<LinkName, LinkKind>> = {
  unix: unixSocketLink,
  tcp: tcpLink,
  fifo: fifoLink,
  'child-process-json': childProcessLink('json'),
  'child-process-advanced': childProcessLink('advanced'),
  'message-port': messagePortLink,
  zeromq: zeroMqLink,
  redis: redisLink,
  nats: natsLink,
};
