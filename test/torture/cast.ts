import { setTimeout } from 'node:timers/promises';
import type { Program } from '../support/program.js';
import type { Random } from '../support/random.js';
import type { StandbyPool } from '../support/standby-pool.js';
import type { Dooms } from './dooms.js';
import { Excuses } from './excuses.js';
import { commonTimeMs, type LifeCommand, QUEUE_GROUP, type Refusal, type Role } from './life-command.js';

/** The places that are always taken, the most needed first. */
const SEATS: readonly Role[] = [
  'default',
  'queue',
  'producer',
  'queue',
  'coordinator',
  'producer',
  'queue',
  'churn',
  'churn',
  'observer',
];
const STANDBYS = 8;
const STARTED_AT_ONCE = 3;
const LONGEST_LIFE_MS = 2500;
/** Milliseconds for which processes are stopped and continued, and then milliseconds for which they are not. */
const STOPPING_MS = 2000;
const FLOWING_MS = 3000;
const LONGEST_STOP_MS = 300;
const LONGEST_VACANCY_MS = 500;
/** A step of the conductor that comes later than this says that the machine itself stood still. */
const LATE_MS = 60;
const JUDGED_AFTER_MS = 1000;
const LOOKED_AT_MS = 700;

type Ending = 'exact' | 'kill' | 'stop and kill' | 'end';

interface Life {
  readonly id: number;
  readonly role: Role;
  readonly seat: number;
  readonly process: Program;
  readonly ending: Ending;
  readonly endMs: number;
  isAttached: boolean;
  isStopped: boolean;
  hasEnded: boolean;
}

export interface CastOptions {
  readonly pool: StandbyPool;
  readonly dooms: Dooms;
  readonly random: Random;
  readonly directory: string;
  readonly journals: string;
  /** What holds a lane's producer back at present, for people. */
  readonly lookAt: (lane: number) => string;
}

/** Lets processes live and die in their places. */
export class Cast {
  readonly violations: string[] = [];
  readonly killsByRole: Map<Role, number> = new Map();
  readonly killsByKind: Record<Ending, number> = { exact: 0, kill: 0, 'stop and kill': 0, end: 0 };
  stops = 0;
  exactStops = 0;
  /** Long refusals, as they were seen. */
  readonly lookedAt: string[] = [];
  longestBlockMs = 0;
  longestExcusedBlockMs = 0;
  private readonly excuses = new Excuses();
  private readonly refusals: Refusal[] = [];
  /** Per lane: refused since it was last accepted, by whatever producers: without what is excused, and with it. */
  private readonly refusedMs = new Map<number, number>();
  private readonly blockedMs = new Map<number, { pure: number; all: number }>();
  private readonly lives: (Life | undefined)[] = SEATS.map(() => undefined);
  private readonly killed = new Set<number>();
  /** Until when a place stays vacant, so that the living find what the dead have left before a successor does. */
  private readonly vacantUntilMs: number[] = SEATS.map(() => 0);
  private lastId = 0;
  private lastStepMs: number = commonTimeMs();

  constructor(private readonly options: CastOptions) {
    this.excuseVacant(this.lastStepMs);
  }

  get kills(): number {
    return [...this.killsByRole.values()].reduce((sum, count) => sum + count, 0);
  }

  isKilled(life: number): boolean {
    return this.killed.has(life);
  }

  /** One turn: fills the places, ends whose time has come. */
  step(): void {
    const nowMs = commonTimeMs();
    if (nowMs - this.lastStepMs > LATE_MS) this.excuses.add(this.lastStepMs, nowMs);
    this.lastStepMs = nowMs;
    this.continueStopped(nowMs);
    this.refill();
    // The exclusive consumer's place first; the others in turn, for there may be more vacant than stand by.
    const first = this.options.random.upTo(SEATS.length - 1);
    for (const [i] of SEATS.entries()) {
      const seat = i === 0 ? 0 : ((first + i) % (SEATS.length - 1)) + 1;
      const life = this.lives[seat];
      if (life === undefined) nowMs >= this.vacantUntilMs[seat]! && this.fill(seat, nowMs);
      else if (!life.hasEnded && nowMs >= life.endMs) this.finish(life);
    }
    if (nowMs % (STOPPING_MS + FLOWING_MS) < STOPPING_MS) this.stopSomebody(nowMs);
    this.measureBlocks(nowMs);
  }

  /** Ends all lives of some roles in order, and waits until they are over. */
  async endRoles(roles: readonly Role[]): Promise<void> {
    const ending = this.lives.filter((life) => life !== undefined).filter(({ role }) => roles.includes(role));
    for (const { process } of ending) {
      process.signal('SIGCONT');
      process.command('end');
    }
    while (ending.some(({ process }) => !process.isGone)) {
      this.continueStopped(commonTimeMs());
      await setTimeout(LATE_MS);
    }
  }

  /** Fills the places of some roles with lives that nothing ends. */
  settle(roles: readonly Role[]): boolean {
    this.refill();
    for (const [seat, role] of SEATS.entries()) {
      if (roles.includes(role) && this.lives[seat] === undefined) this.fill(seat, commonTimeMs(), true);
    }
    return SEATS.every((role, seat) => !roles.includes(role) || this.lives[seat]?.isAttached === true);
  }

  /** Kills everybody of some roles, the doomed too. */
  async kill(roles: readonly Role[]): Promise<void> {
    const left = this.lives.filter((life) => life !== undefined).filter(({ role }) => roles.includes(role));
    for (const life of left) this.killOne(life, 'kill');
    await Promise.all(left.map(({ process }) => process.exited));
  }

  private refill(): void {
    this.options.pool.refill(STANDBYS, STARTED_AT_ONCE);
  }

  private fill(seat: number, nowMs: number, forEver = false): void {
    if (this.options.pool.size === 0) return;
    const process = this.options.pool.take();
    const { random, dooms, directory, journals } = this.options;
    const role = SEATS[seat]!;
    const choice = random.fraction();
    const ending: Ending = forEver
      ? 'end'
      : choice < 0.65
        ? 'exact'
        : choice < 0.87
          ? 'kill'
          : choice < 0.91
            ? 'stop and kill'
            : 'end';
    const id = ++this.lastId;
    const endMs = forEver ? Number.POSITIVE_INFINITY : nowMs + 5 + random.fraction() ** 2 * LONGEST_LIFE_MS;
    const life: Life = { id, role, seat, process, ending, endMs, isAttached: false, isStopped: false, hasEnded: false };
    this.lives[seat] = life;
    process.onReport = (kind, value) => this.take(life, kind, value);
    process.exited.then(({ code, signal }) => this.bury(life, code, signal));
    const seed = random.seed();
    process.command({
      role,
      life: id,
      seed,
      directory,
      journals,
      doom: ending === 'exact' ? dooms.choose(role) : undefined,
    } satisfies LifeCommand);
  }

  private take(life: Life, kind: string, value: unknown): void {
    if (kind === 'attached') {
      life.isAttached = true;
      if (life.role === 'default' || life.role === QUEUE_GROUP) this.excuses.end(life.role, value as number);
    }
    if (kind === 'refusal') this.noteRefusal(value as Refusal);
  }

  private noteRefusal(refusal: Refusal): void {
    const { lane, fromMs, toMs, isOver } = refusal;
    this.refusals.push(refusal);
    const refusedMs = isOver ? 0 : (this.refusedMs.get(lane) ?? 0) + toMs - fromMs;
    if (refusedMs > LOOKED_AT_MS && this.lookedAt.length < 20)
      this.lookedAt.push(`${Math.round(refusedMs)} ms: ${this.options.lookAt(lane)}`);
    this.refusedMs.set(lane, refusedMs);
  }

  private finish(life: Life): void {
    // The doomed get a little more time to come by their point.
    if (life.ending === 'exact' && commonTimeMs() < life.endMs + LONGEST_LIFE_MS / 2) return;
    if (life.ending !== 'end' && this.options.pool.size === 0) return;
    life.hasEnded = true;
    // Some of the doomed that did not reach their point may leave in order, and may die on the way.
    if (life.ending === 'end' || (life.ending === 'exact' && this.options.random.fraction() < 0.25))
      life.process.command('end');
    else if (life.ending === 'stop and kill')
      this.stop(life, 50 + this.options.random.fraction() * LONGEST_STOP_MS, true);
    else this.killOne(life, 'kill');
  }

  private killOne(life: Life, kind: Ending): void {
    life.hasEnded = true;
    if (life.process.isGone) return;
    this.killed.add(life.id);
    life.process.signal('SIGKILL');
    this.killsByKind[kind]++;
  }

  private stopSomebody(nowMs: number): void {
    const { random } = this.options;
    if (random.fraction() > 0.06) return;
    const life = this.lives[random.below(SEATS.length)];
    if (life !== undefined && !life.hasEnded && nowMs < life.endMs)
      this.stop(life, random.fraction() * LONGEST_STOP_MS, false);
  }

  /** The processes that stopped themselves at an exact point. */
  private continueStopped(nowMs: number): void {
    for (const id of this.options.dooms.takeStopped()) {
      const life = this.lives.find((candidate) => candidate?.id === id);
      if (life === undefined) continue;
      this.exactStops++;
      // It stopped since the last look.
      this.excuses.add(nowMs - LATE_MS, nowMs);
      this.stop(life, this.options.random.fraction() * LONGEST_STOP_MS, false);
    }
  }

  private stop(life: Life, durationMs: number, thenKill: boolean): void {
    if (life.isStopped && !thenKill) return; // continued by another timer
    const reason = `stop of ${life.id}`;
    this.stops++;
    life.isStopped = true;
    this.excuses.begin(reason, commonTimeMs());
    life.process.signal('SIGSTOP');
    setTimeout(durationMs).then(() => {
      life.isStopped = false;
      if (thenKill) this.killOne(life, 'stop and kill');
      else life.process.signal('SIGCONT');
      this.excuses.end(reason, commonTimeMs());
    });
  }

  private bury(life: Life, code: number | null, signal: NodeJS.Signals | null): void {
    if (signal === 'SIGKILL') {
      if (!this.killed.has(life.id)) this.killsByKind.exact++;
      this.killed.add(life.id);
      this.killsByRole.set(life.role, (this.killsByRole.get(life.role) ?? 0) + 1);
    } else if (code !== 0 || life.process.failure !== undefined) {
      this.violations.push(`${life.role} ${life.id} ended with ${code ?? signal}: ${life.process.failure}`);
      this.killed.add(life.id);
    } else {
      this.killsByKind.end++;
      this.killed.delete(life.id);
    }
    this.lives[life.seat] = undefined;
    if (this.options.random.fraction() < 0.5)
      this.vacantUntilMs[life.seat] =
        commonTimeMs() + (life.role === 'default' ? 50 : LONGEST_VACANCY_MS) * this.options.random.fraction();
    this.excuseVacant(commonTimeMs());
  }

  /** While a durable group has no member, its messages stay, and producers are refused by design. */
  private excuseVacant(nowMs: number): void {
    for (const role of ['default', QUEUE_GROUP] as const) {
      if (!this.lives.some((life) => life?.role === role && life.isAttached)) this.excuses.begin(role, nowMs);
    }
  }

  /** Judged a while later, when all excuses are known. A lane's refusal goes on while its producers are killed. */
  private measureBlocks(nowMs: number): void {
    while (this.refusals.length > 0 && this.refusals[0]!.toMs < nowMs - JUDGED_AFTER_MS) {
      const { lane, fromMs, toMs, isOver } = this.refusals.shift()!;
      const { pure, all } = this.blockedMs.get(lane) ?? { pure: 0, all: 0 };
      const sums = { pure: pure + this.excuses.remaining(fromMs, toMs), all: all + toMs - fromMs };
      this.longestBlockMs = Math.max(this.longestBlockMs, sums.pure);
      this.longestExcusedBlockMs = Math.max(this.longestExcusedBlockMs, sums.all);
      this.blockedMs.set(lane, isOver ? { pure: 0, all: 0 } : sums);
    }
    this.excuses.forget(nowMs - 60_000);
  }
}
