import { Dooms } from './dooms.js';
import { Excuses } from './excuses.js';
import { type Blocked, commonTimeMs, QUEUE_GROUP, type Role } from './life-command.js';
import type { LifePool, LifeProcess } from './life-process.js';

/** The places that are always taken, the most needed first. */
const SEATS: readonly Role[] = [
  'default', 'queue', 'producer', 'queue', 'coordinator', 'producer', 'queue', 'churn', 'churn', 'observer',
];
const LONGEST_LIFE_MS = 2500;
/** For so long processes are stopped and continued, and then for so long not. */
const STOPPING_MS = 2000;
const FLOWING_MS = 3000;
const LONGEST_STOP_MS = 300;
/** A step of the conductor that comes later than this says that the machine itself stood still. */
const LATE_MS = 60;

type Ending = 'exact' | 'kill' | 'stop and kill' | 'end';

interface Life {
  readonly id: number;
  readonly role: Role;
  readonly seat: number;
  readonly process: LifeProcess;
  readonly ending: Ending;
  readonly endMs: number;
  isAttached: boolean;
  isStopped: boolean;
  hasEnded: boolean;
}

export interface CastOptions {
  readonly pool: LifePool;
  readonly dooms: Dooms;
  readonly random: () => number;
  readonly directory: string;
  readonly journals: string;
}

/** Lets processes live and die in their places. */
export class Cast {
  readonly violations: string[] = [];
  readonly killsByRole = new Map<Role, number>();
  readonly killsByKind: Record<Ending, number> = { exact: 0, kill: 0, 'stop and kill': 0, end: 0 };
  stops = 0;
  longestBlockMs = 0;
  longestExcusedBlockMs = 0;
  private readonly excuses = new Excuses();
  private readonly blocks: Blocked[] = [];
  private readonly lives: (Life | undefined)[] = SEATS.map(() => undefined);
  private readonly killed = new Set<number>();
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
    this.options.pool.refill();
    for (const [seat, life] of this.lives.entries()) {
      if (life === undefined) this.fill(seat, nowMs);
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
      process.end();
    }
    await Promise.all(ending.map(({ process }) => process.exited));
  }

  /** Fills the places of some roles with lives that nothing ends. */
  settle(roles: readonly Role[]): boolean {
    this.options.pool.refill();
    for (const [seat, role] of SEATS.entries()) {
      if (roles.includes(role) && this.lives[seat] === undefined) this.fill(seat, commonTimeMs(), true);
    }
    return SEATS.every((role, seat) => !roles.includes(role) || this.lives[seat]?.isAttached === true);
  }

  /** Kills those of the roles that are not to be counted on: whoever is left may be doomed. */
  async clear(): Promise<void> {
    const left = this.lives.filter((life) => life !== undefined);
    for (const life of left) this.kill(life, 'kill');
    await Promise.all(left.map(({ process }) => process.exited));
  }

  private fill(seat: number, nowMs: number, forEver = false): void {
    const process = this.options.pool.take();
    if (process === undefined) return;
    const { random, dooms, directory, journals } = this.options;
    const role = SEATS[seat]!;
    const choice = random();
    const ending: Ending = forEver ? 'end' : choice < 0.55 ? 'exact' : choice < 0.85 ? 'kill' : choice < 0.9 ? 'stop and kill' : 'end';
    const id = ++this.lastId;
    const endMs = forEver ? Number.POSITIVE_INFINITY : nowMs + 5 + random() ** 2 * LONGEST_LIFE_MS;
    const life: Life = { id, role, seat, process, ending, endMs, isAttached: false, isStopped: false, hasEnded: false };
    this.lives[seat] = life;
    process.onReport = (kind, value) => this.take(life, kind, value);
    process.exited.then(({ code, signal }) => this.bury(life, code, signal));
    const seed = Math.floor(random() * 2 ** 31);
    process.begin({ role, life: id, seed, directory, journals, doom: ending === 'exact' ? dooms.choose(role) : undefined });
  }

  private take(life: Life, kind: string, value: unknown): void {
    if (kind === 'attached') {
      life.isAttached = true;
      if (life.role === 'default' || life.role === QUEUE_GROUP) this.excuses.end(life.role, value as number);
    }
    if (kind === 'blocked') this.blocks.push(value as Blocked);
  }

  private finish(life: Life): void {
    // The doomed get a little more time to come by their point.
    if (life.ending === 'exact' && commonTimeMs() < life.endMs + LONGEST_LIFE_MS / 2) return;
    if (life.ending !== 'end' && this.options.pool.readyCount === 0) return;
    life.hasEnded = true;
    if (life.ending === 'end') life.process.end();
    else if (life.ending === 'stop and kill') this.stop(life, 50 + this.options.random() * LONGEST_STOP_MS, true);
    else this.kill(life, 'kill');
  }

  private kill(life: Life, kind: Ending): void {
    life.hasEnded = true;
    if (life.process.isGone) return;
    this.killed.add(life.id);
    life.process.signal('SIGKILL');
    this.killsByKind[kind]++;
  }

  private stopSomebody(nowMs: number): void {
    const { random } = this.options;
    if (random() > 0.06) return;
    const life = this.lives[Math.floor(random() * SEATS.length)];
    if (life !== undefined && !life.hasEnded && nowMs < life.endMs) this.stop(life, random() * LONGEST_STOP_MS, false);
  }

  private stop(life: Life, durationMs: number, thenKill: boolean): void {
    if (life.isStopped && !thenKill) return;
    const reason = `stop of ${life.id}`;
    this.stops++;
    life.isStopped = true;
    this.excuses.begin(reason, commonTimeMs());
    life.process.signal('SIGSTOP');
    setTimeout(() => {
      life.isStopped = false;
      if (thenKill) this.kill(life, 'stop and kill');
      else life.process.signal('SIGCONT');
      this.excuses.end(reason, commonTimeMs());
    }, durationMs);
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
    if (this.lives[life.seat] === life) this.lives[life.seat] = undefined;
    this.excuseVacant(commonTimeMs());
  }

  /** While a durable group has no member, its messages stay, and producers are refused by design. */
  private excuseVacant(nowMs: number): void {
    for (const role of ['default', QUEUE_GROUP] as const) {
      if (!this.lives.some((life) => life?.role === role && life.isAttached)) this.excuses.begin(role, nowMs);
    }
  }

  /** Judged a while later, when all excuses are known. */
  private measureBlocks(nowMs: number): void {
    while (this.blocks.length > 0 && this.blocks[0]!.toMs < nowMs - 1000) {
      const { fromMs, toMs } = this.blocks.shift()!;
      this.longestBlockMs = Math.max(this.longestBlockMs, this.excuses.remaining(fromMs, toMs));
      this.longestExcusedBlockMs = Math.max(this.longestExcusedBlockMs, toMs - fromMs);
    }
    this.excuses.forget(nowMs - 60_000);
  }
}
