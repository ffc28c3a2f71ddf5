import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { attachConsumer, createSegment, inspectSegment, removeGroup } from '../../src/index.js';
import { MAX_SIGNED_LENGTH } from '../support/numbered-payload.js';
import { Program } from '../support/program.js';
import type { Random } from '../support/random.js';
import { makeDirectory, removeDirectory } from '../support/segment-directory.js';
import { StandbyPool } from '../support/standby-pool.js';
import { endAllProcesses } from '../support/started-process.js';
import { Ledger } from './ledger.js';
import { transitionsOf } from './sleep-transitions.js';
import { DEFAULT_GROUP, GROUPS, LOSSY_GROUP, QUEUE_GROUP, SEGMENT } from './stress-command.js';
import { describeSeats, type Seat } from './topology.js';
import { Watchdog } from './watchdog.js';

const PROGRAM = 'stress-life';
const WITHOUT_SAFETY_NET: string = new URL('../../programs/without-safety-net.js', import.meta.url).href;
const STANDBYS = 5;
const STEP_MS = 20;
const SHORTEST_LIFE_MS = 20;
const LONGEST_LIFE_MS = 150;

export interface RoundOptions {
  readonly seats: readonly Seat[];
  readonly random: Random;
  readonly durationMs: number;
  /** Processes are SIGKILLed and replaced, and the safety net is there. Otherwise neither. */
  readonly kills: boolean;
}

export interface RoundResult {
  readonly messages: number;
  readonly handled: number;
  readonly repeated: number;
  readonly kills: number;
  readonly consumerSleeps: number;
  readonly producerSleeps: number;
  readonly violations: readonly string[];
}

/** Processes that talk over one new segment for a while, and what came of it. */
export class Round {
  private readonly directory = makeDirectory();
  private readonly ledgerFile: string = path.join(this.directory, '.ledger');
  private readonly ledger: Ledger = Ledger.create(this.ledgerFile);
  private readonly living: Program[] = [];
  private readonly pool: StandbyPool = new StandbyPool(() =>
    Program.start(PROGRAM, { execArgv: this.options.kills ? [] : ['--import', WITHOUT_SAFETY_NET] }),
  );
  private readonly violations: string[] = [];
  private readonly watchdog: Watchdog = new Watchdog(this.ledger);
  private lives = 0;
  private kills = 0;

  constructor(private readonly options: RoundOptions) {}

  async run(): Promise<RoundResult> {
    try {
      this.prepareSegment();
      await this.live();
      return this.judge();
    } finally {
      await endAllProcesses();
      this.ledger.close();
      removeDirectory(this.directory);
    }
  }

  private get groups(): number[] {
    return [...new Set(this.options.seats.flatMap((seat) => (seat.role === 'consumer' ? [seat.group] : [])))];
  }

  /** How many messages each lane has had. */
  private get published(): { lane: number; count: number }[] {
    const { lanes } = inspectSegment(SEGMENT, { directory: this.directory });
    return lanes.map(({ lane, messages }) => ({ lane, count: messages ?? 0 }));
  }

  private prepareSegment(): void {
    const { directory } = this;
    const shape = {
      producers: 4,
      maxGroups: GROUPS.length,
      members: 2,
      capacity: 65_536,
      maxPayload: MAX_SIGNED_LENGTH,
    };
    createSegment(SEGMENT, { ...shape, directory });
    if (this.groups.includes(QUEUE_GROUP)) attachConsumer(SEGMENT, { ...GROUPS[QUEUE_GROUP], directory }).detach();
    if (!this.groups.includes(DEFAULT_GROUP)) removeGroup(SEGMENT, 'default', { directory });
  }

  private async live(): Promise<void> {
    const { seats, durationMs, kills } = this.options;
    try {
      await this.pool.fill(seats.length);
      for (const [i, seat] of seats.entries()) this.seat(i, seat); // consumers first
      if (kills) this.pool.refill(STANDBYS, STANDBYS);
      const endMs = performance.now() + durationMs;
      if (kills) await this.killUntil(endMs);
      while (performance.now() < endMs) await this.watch();
      await Promise.all(this.living.map((child) => child.next('attached')));
      this.ledger.stop();
      const done = new Set<Program>();
      for (const [i, child] of this.living.entries()) {
        if (seats[i]!.role === 'producer') child.next('done').then(() => done.add(child), String);
      }
      const producerCount = seats.filter(({ role }) => role === 'producer').length;
      while (done.size < producerCount || !this.isDrained()) await this.watch();
    } catch (error) {
      this.violations.push(
        `${describeSeats(seats)}: ${(error as Error).message}; asleep: ${transitionsOf(this.directory).asleep.join(', ')}`,
      );
    }
  }

  private seat(place: number, seat: Seat): void {
    const { directory, ledgerFile } = this;
    const child = this.pool.take();
    const seed = this.options.random.seed();
    child.command({ ...seat, directory, ledgerFile, life: ++this.lives, seed });
    this.living[place] = child;
  }

  private async killUntil(endMs: number): Promise<void> {
    const { seats, random } = this.options;
    while (performance.now() < endMs) {
      await setTimeout(SHORTEST_LIFE_MS + random.fraction() * (LONGEST_LIFE_MS - SHORTEST_LIFE_MS));
      this.check();
      this.pool.refill(STANDBYS, STANDBYS);
      await this.pool.fill(1);
      const place = random.below(seats.length);
      this.living[place]!.kill();
      this.kills++;
      this.seat(place, seats[place]!);
    }
  }

  private async watch(): Promise<void> {
    await setTimeout(STEP_MS);
    this.check();
  }

  /** @throws when a process has failed, or nothing goes on any more */
  private check(): void {
    for (const child of this.living) child.checkAlive();
    this.watchdog.look();
  }

  private isDrained(): boolean {
    const { groups } = inspectSegment(SEGMENT, { directory: this.directory });
    const reliable = groups.filter(({ mode }) => mode === 'reliable');
    const isQuiet = reliable.every(({ lagLength, orphanCount }) => lagLength === 0 && orphanCount === 0);
    return isQuiet && this.hasLossyEnded();
  }

  /** A lossy reader may be lapped, but not by the last message: that it sees once it is woken. */
  private hasLossyEnded(): boolean {
    if (!this.groups.includes(LOSSY_GROUP) || this.options.kills) return true;
    return this.published.every(
      ({ lane, count }) => count === 0 || this.ledger.countOf(LOSSY_GROUP, lane, count - 1) === 1,
    );
  }

  private judge(): RoundResult {
    const { seats, kills } = this.options;
    const { published } = this;
    let repeated = 0;
    for (const group of this.groups) {
      for (const { lane, count } of published) {
        const { missing, repeatedCount } = this.ledger.tally(group, lane, count);
        const where = `${describeSeats(seats)}: group ${GROUPS[group]!.group}, lane ${lane} of ${count} messages`;
        repeated += repeatedCount;
        if (group !== LOSSY_GROUP && missing.length > 0) this.violations.push(`${where}: never ${missing.join(', ')}`);
        if (repeatedCount > 0 && (!kills || group === LOSSY_GROUP))
          this.violations.push(`${where}: ${repeatedCount} repeated`);
      }
    }
    const { consumers, producers } = transitionsOf(this.directory);
    return {
      messages: published.reduce((sum, { count }) => sum + count, 0),
      handled: this.ledger.handledCount,
      repeated,
      kills: this.kills,
      consumerSleeps: consumers,
      producerSleeps: producers,
      violations: this.violations,
    };
  }
}
