import type { Doom } from './steps.js';

export const ROLES = ['default', 'queue', 'producer', 'churn', 'observer', 'coordinator'] as const;
export type Role = (typeof ROLES)[number];

/** The life that a process on standby is told to lead. */
export interface LifeCommand {
  readonly role: Role;
  /** Of the run, from 1. */
  readonly life: number;
  readonly seed: number;
  readonly directory: string;
  readonly journals: string;
  readonly doom: Doom | undefined;
}

export const SEGMENT = 'torture';
export const QUEUE_GROUP = 'queue';
export const LANES = 4;

/** The most messages that a member of each group takes at once. */
export const DEFAULT_LIMIT = 24;
export const QUEUE_LIMIT = 12;
/** The most messages that a producer publishes before it notes them. */
export const MOST_UNNOTED = 12;

/** A time in which a producer was refused, or the moment at which it was accepted again: milliseconds of the common clock. */
export interface Refusal {
  readonly lane: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly isOver: boolean;
}

/** Milliseconds of a clock that all processes of the machine share. */
export function commonTimeMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
