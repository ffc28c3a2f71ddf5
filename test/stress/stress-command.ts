import type { ConsumerOptions, IdleStrategy, IdleStrategyName } from '../../src/index.js';

export const SEGMENT = 'stress';
/** Type of the last message of a producer that ends in order; all others have type 1. */
export const END_TYPE = 2;

/** The groups, in the order of the ledger. */
export const GROUPS: readonly ConsumerOptions[] = [
  { group: 'default' },
  { group: 'queue', shared: true, durable: true },
  { group: 'watchers', mode: 'lossy' },
];
export const DEFAULT_GROUP = 0;
export const QUEUE_GROUP = 1;
export const LOSSY_GROUP = 2;

/** `in step`: each burst is flushed before the next, so that a single lost wake-up stands everything still. */
export type Pace = 'in step' | 'send' | 'offer';
export type Way = 'for await' | 'batches' | 'waitAsync' | 'wait';
export const WAYS: readonly Way[] = ['for await', 'batches', 'waitAsync', 'wait'];

interface LifeCommand {
  readonly directory: string;
  readonly ledgerFile: string;
  /** Of the round, from 1. */
  readonly life: number;
  readonly seed: number;
  readonly idle: IdleStrategyName | IdleStrategy;
}

export interface ProducerCommand extends LifeCommand {
  readonly role: 'producer';
  readonly pace: Pace;
}

export interface ConsumerCommand extends LifeCommand {
  readonly role: 'consumer';
  /** Index in GROUPS. */
  readonly group: number;
  readonly way: Way;
}

export type StressCommand = ProducerCommand | ConsumerCommand;
