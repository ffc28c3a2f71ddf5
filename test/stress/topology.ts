import type { IdleStrategy, IdleStrategyName } from '../../src/index.js';
import type { Random } from '../support/random.js';
import { DEFAULT_GROUP, LOSSY_GROUP, type Pace, QUEUE_GROUP, WAYS, type Way } from './stress-command.js';

type Idle = IdleStrategyName | IdleStrategy;

export interface ProducerSeat {
  readonly role: 'producer';
  readonly pace: Pace;
  readonly idle: Idle;
}

export interface ConsumerSeat {
  readonly role: 'consumer';
  readonly group: number;
  readonly way: Way;
  readonly idle: Idle;
}

export type Seat = ProducerSeat | ConsumerSeat;

/** Mostly those that sleep at once. */
const IDLE: readonly Idle[] = ['doorbell', 'doorbell', 'balanced', { spinForUs: 15, sliceUs: 15 }];
const PACES: readonly Pace[] = ['in step', 'send', 'offer'];
const MOST = 4;

/** Who takes part in a round: 1–4 producers and 1–4 consumers. Every third round is one of each, in step. */
export function chooseSeats(round: number, random: Random): Seat[] {
  const pick = <T>(list: readonly T[]) => list[random.below(list.length)]!;
  const isInStep = round % 3 === 0;
  const producers = Array.from({ length: isInStep ? 1 : random.upTo(MOST) }, (): ProducerSeat => {
    return { role: 'producer', pace: isInStep ? 'in step' : pick(PACES), idle: pick(IDLE) };
  });
  const groups = [DEFAULT_GROUP, QUEUE_GROUP, QUEUE_GROUP, LOSSY_GROUP]
    .map((group) => ({ group, order: random.fraction() + (group === LOSSY_GROUP ? 0.5 : 0) }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ group }) => group);
  if (groups[0] === LOSSY_GROUP) groups.push(groups.shift()!); // somebody has to hold the producers back
  const consumers = groups.slice(0, isInStep ? 1 : random.upTo(MOST)).map((group): ConsumerSeat => {
    return { role: 'consumer', group, way: pick(WAYS), idle: pick(IDLE) };
  });
  return [...consumers, ...producers];
}

/** For people. */
export function describeSeats(seats: readonly Seat[]): string {
  const names = ['exclusive', 'shared', 'lossy'];
  return seats.map((seat) => (seat.role === 'producer' ? seat.pace : `${names[seat.group]} ${seat.way}`)).join(', ');
}
