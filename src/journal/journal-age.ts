/** What tells of the age of a journal's file. Times are milliseconds since the Unix epoch, of clocks that may have been wrong. */
export interface FileWitnesses {
  readonly name: string;
  /** The writer's clock when it began the file. */
  readonly createdAtMs: number;
  /** The newest time of a message in the files before; null when there is none. */
  readonly newestTimeBeforeMs: number | null;
  /** The file system's clock when it was written to. */
  readonly modifiedAtMs: number;
  /** It was begun since the machine was started, as its index tells. Reads that. */
  isOfThisBoot(): boolean;
}

/** The present, by the clock that can be set and by the one that cannot. */
export interface PresentTime {
  readonly nowMs: number;
  readonly sinceBootMs: number;
}

/** How many of the oldest files are old enough, and why the next one is kept though the clock at its end says that it is old. */
export interface ProvenAge {
  readonly count: number;
  readonly doubt: string | null;
}

/** Nothing is older than Node 20.0: a clock that says so was not set yet. */
const EARLIEST_MS: number = Date.UTC(2023, 3, 18);

/**
 * The files of a journal that ended longer ago than `keepAgeMs`, whatever was done to the clocks. A file ended before each later
 * one was begun: so one later file that is old is enough, and a single young witness of anything before that is too much.
 */
export function provenOld(files: readonly FileWitnesses[], keepAgeMs: number, present: PresentTime): ProvenAge {
  const last = Math.max(0, files.length - 1);
  if (keepAgeMs === 0) return { count: last, doubt: null };
  if (keepAgeMs === Number.POSITIVE_INFINITY) return { count: 0, doubt: null };
  const age = new Age(keepAgeMs, present);
  let count = 0;
  for (const [i, file] of files.entries()) {
    if (age.isYoung(file.createdAtMs) || age.isOfYoungBoot(file)) break;
    if (file.createdAtMs >= EARLIEST_MS && file.createdAtMs < age.boundMs) count = i;
  }
  const touched = files.findIndex((file, i) => age.isYoung(file.modifiedAtMs) || age.isYoung(newestTime(files, i)));
  if (touched !== -1 && touched < count) count = touched;
  return { count, doubt: count < last ? whyKept(files, count, age) : null };
}

class Age {
  /** What was before it is old. */
  readonly boundMs: number;

  constructor(
    private readonly keepAgeMs: number,
    private readonly present: PresentTime,
  ) {
    this.boundMs = present.nowMs - keepAgeMs;
  }

  isYoung(ms: number | null): boolean {
    return ms !== null && ms >= this.boundMs && ms <= this.present.nowMs;
  }

  isToCome(ms: number): boolean {
    return ms > this.present.nowMs;
  }

  /** Written since the machine was started, which is less than the age ago. */
  isOfYoungBoot(file: FileWitnesses): boolean {
    return this.present.sinceBootMs < this.keepAgeMs && file.isOfThisBoot();
  }
}

/** Null when the clock itself says that the file is young. */
function whyKept(files: readonly FileWitnesses[], i: number, age: Age): string | null {
  const { modifiedAtMs } = files[i]!;
  const endedAtMs = files[i + 1]!.createdAtMs;
  const newest = newestTime(files, i);
  const said = `the clock said ${timeText(endedAtMs)} at its end`;
  if (age.isYoung(endedAtMs)) return null;
  if (age.isYoung(modifiedAtMs)) return `${said}, but it was written to at ${timeText(modifiedAtMs)}`;
  if (age.isYoung(newest)) return `${said}, but it has a message of ${timeText(newest!)}`;
  if (age.isToCome(endedAtMs)) return `${said}, which is still to come`;
  if (endedAtMs < EARLIEST_MS) return `${said}, which cannot be`;
  const younger = files.slice(0, i + 1).find(({ createdAtMs }) => age.isYoung(createdAtMs));
  if (younger === undefined) return `${said}, but it was begun since the machine was started`;
  return `${said}, but ${younger.name} was begun at ${timeText(younger.createdAtMs)}`;
}

/** Of a message in a file, or in one before it. */
function newestTime(files: readonly FileWitnesses[], i: number): number | null {
  return files[i + 1]?.newestTimeBeforeMs ?? null;
}

function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}
