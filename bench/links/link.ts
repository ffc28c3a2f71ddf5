/** One end of a connection that carries messages through the event loop: sockets, pipes, ports, brokers. */
export interface Link {
  /**
   * Hands over one message, or one chunk of many. A promise when the next must wait for it: the queues of the link, or
   * of whoever is behind it, are full.
   */
  send(bytes: Buffer): Promise<unknown> | undefined;
  /** Links whose second end was started by the first: lets it begin. */
  begin?(): void;
}

/** Which end: the first receives or pings and measures, the second sends or echoes. */
export type End = 'first' | 'second';

export interface LinkOptions {
  readonly end: End;
  /** A path of its own, or what the server listens at. */
  readonly address: string;
  /** What is sent are chunks of many messages, made for this one use. */
  readonly chunked: boolean;
  /** Links that start their second end: the task for it. */
  readonly secondTask: string;
  onBytes(bytes: Buffer): void;
}

export interface LinkKind {
  /** Bytes without boundaries: what arrives may be a part of a message, or several. */
  readonly isStream: boolean;
  /** `send` keeps the bytes until later, so that they must stay as they are. */
  readonly keepsBytes: boolean;
  /** The first end starts the second. */
  readonly startsSecond: boolean;
  /** Connected when it resolves. */
  open(options: LinkOptions): Promise<Link>;
}
