import type { Random } from '../support/random.js';
import type { Site } from './instrumented-copy.js';
import { DEATH, type JournalReader, STOP, VISIT } from './journal.js';
import { ROLES, type Role } from './life-command.js';
import { type Doom, OPERATIONS } from './steps.js';

const SIDES = ['before', 'after'] as const;
const ANYWHERE = -1;
const STOPPED_SHARE = 0.25;
/** Of the lives that are to end at whatever step of an operation that few have died at. */
const RARE_SHARE = 0.4;
const OPERATIONS_OF: Readonly<Record<Role, readonly string[]>> = {
  default: ['acknowledge', 'attach', 'detach'],
  queue: ['adopt', 'acknowledge', 'claim', 'attach', 'detach'],
  producer: ['publish', 'reap', 'attach', 'detach'],
  churn: ['join', 'reap', 'detach', 'attach'],
  observer: ['join', 'detach'],
  coordinator: ['reap'],
};

/** Chooses the exact points at which lives end: those that each role is known to pass, the least tried first. */
export class Dooms {
  private readonly passed: Map<Role, Set<number>> = new Map(ROLES.map((role) => [role, new Set()]));
  private readonly tried = new Map<string, number>();
  private readonly died = new Map<string, number>();
  private readonly deathsByOperation: Map<string, number> = new Map(OPERATIONS.map(([name]) => [name, 0]));
  private stopped: number[] = [];

  constructor(
    private readonly journal: JournalReader,
    private readonly sites: readonly Site[],
    private readonly random: Random,
  ) {}

  choose(role: Role): Doom {
    this.learn();
    const signal = this.random.fraction() < STOPPED_SHARE ? 'SIGSTOP' : 'SIGKILL';
    const sites = [...this.passed.get(role)!];
    if (this.random.fraction() < RARE_SHARE) {
      const operation = OPERATIONS.findIndex(([name]) => name === this.rarest(role));
      return { site: ANYWHERE, side: 0, operation, occurrence: Math.ceil(this.random.fraction() * 12), signal };
    }
    if (sites.length === 0 || this.random.fraction() < 0.2) {
      return {
        site: ANYWHERE,
        side: 0,
        operation: ANYWHERE,
        occurrence: Math.ceil(Math.exp(this.random.fraction() * Math.log(2000))),
        signal,
      };
    }
    const points = sites.flatMap((site) => [0, 1].map((side) => ({ site, side })));
    const triedAt = (point: { site: number; side: number }) => this.tried.get(keyOf(role, point)) ?? 0;
    const least = Math.min(...points.map(triedAt));
    const candidates = points.filter((point) => triedAt(point) === least);
    const point = candidates[this.random.below(candidates.length)]!;
    this.tried.set(keyOf(role, point), least + 1);
    return {
      ...point,
      operation: ANYWHERE,
      occurrence: this.random.fraction() < 0.7 ? 1 : Math.ceil(this.random.fraction() * 10),
      signal,
    };
  }

  /** Of what a role does, what fewest have died at. */
  private rarest(role: Role): string {
    const countOf = (name: string) => this.deathsByOperation.get(name) ?? 0;
    return OPERATIONS_OF[role].reduce((least, name) => (countOf(name) < countOf(least) ? name : least));
  }

  /** Takes in what the journal of steps has got. */
  learn(): void {
    for (const [kind, life, role, site, side, operation] of this.journal.read()) {
      if (kind === STOP) this.stopped.push(life!);
      if (kind === VISIT) this.passed.get(ROLES[role!]!)!.add(site!);
      if (kind !== DEATH) continue;
      const [name] = OPERATIONS[operation!]!;
      this.deathsByOperation.set(name, this.deathsByOperation.get(name)! + 1);
      const point = `${name} ${this.sites[site!]} ${SIDES[side!]}`;
      this.died.set(point, (this.died.get(point) ?? 0) + 1);
    }
  }

  /** The lives that have stopped themselves since the last call. */
  takeStopped(): number[] {
    this.learn();
    const { stopped } = this;
    this.stopped = [];
    return stopped;
  }

  /** Deaths at exact points, by what the process was at. */
  get byOperation(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.deathsByOperation);
  }

  /** Different moments at which a process has died: operation, place in the code, before or after. */
  get pointCount(): number {
    return this.died.size;
  }

  /** Places that somebody came by, and those of them where nobody has died. */
  get coverage(): { passed: number; spared: readonly Site[] } {
    const passed = new Set([...this.passed.values()].flatMap((sites) => [...sites]));
    const deadly = [...this.died.keys()];
    const spared = [...passed]
      .map((site) => this.sites[site]!)
      .filter((site) => !deadly.some((key) => key.includes(` ${site} `)));
    return { passed: passed.size, spared };
  }
}

function keyOf(role: Role, { site, side }: { site: number; side: number }): string {
  return `${role} ${site} ${side}`;
}
