import fs from 'node:fs';

/** The processes that a process has started, and those that these have started, by /proc. */
export function descendantsOf(pid: number): number[] {
  const children = processes()
    .filter(({ parent }) => parent === pid)
    .map((process) => process.pid);
  return [...children, ...children.flatMap(descendantsOf)];
}

/** Whether a process is there and has not ended; one that nobody has asked after yet has ended. */
export function isRunning(pid: number): boolean {
  return processes().some((process) => process.pid === pid && process.state !== 'Z');
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

function processes(): Process[] {
  const names = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return names.flatMap((name) => {
    try {
      const stat = fs.readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [{ pid: Number(name), parent: Number(parent), state: state! }];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}
