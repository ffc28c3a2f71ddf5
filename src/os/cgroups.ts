import fs from 'node:fs';
import path from 'node:path';

/** A cgroup that may bound the memory of this process. */
interface CgroupDirectory {
  readonly version: 1 | 2;
  readonly directory: string;
  readonly name: string;
}

/** The directories of the process's cgroups that may bound its memory, from its own up to the highest that is visible here. */
export function cgroupDirectories(root: string): CgroupDirectory[] {
  const own = ownCgroups(textOf(path.join(root, 'proc/self/cgroup')));
  return mounts(textOf(path.join(root, 'proc/self/mountinfo'))).flatMap(({ version, mountRoot, mountPoint }) => {
    const name = own.get(version);
    if (name === undefined) return [];
    const below = path.posix.relative(mountRoot, name);
    const parts = below === '' || below.startsWith('..') ? [] : below.split('/'); // it may be mounted from elsewhere
    return Array.from({ length: parts.length + 1 }, (_, depth) => {
      const place = parts.slice(0, parts.length - depth);
      return {
        version,
        directory: path.join(root, mountPoint, ...place),
        name: path.posix.join(mountRoot, ...place),
      };
    });
  });
}

/** `0::/user.slice/a.service`, `4:memory:/a`: the name of the process's cgroup, by version. */
function ownCgroups(text: string): Map<1 | 2, string> {
  const own = new Map<1 | 2, string>();
  for (const line of text.split('\n')) {
    const [, controllers, name] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    if (controllers === '') own.set(2, name);
    else if (controllers?.split(',').includes('memory')) own.set(1, name);
  }
  return own;
}

interface Mount {
  readonly version: 1 | 2;
  /** The name of the cgroup whose directory is mounted. */
  readonly mountRoot: string;
  readonly mountPoint: string;
}

/** `36 35 98:0 /root /mount/point rw,noatime - cgroup2 cgroup2 rw`, with spaces as \040: tells where cgroups that bound memory are mounted. */
function mounts(text: string): Mount[] {
  return text.split('\n').flatMap((line): Mount[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , mountRoot, mountPoint] = before.split(' ').map(unescaped);
    const [type, , options = ''] = after.split(' ');
    if (mountRoot === undefined || mountPoint === undefined) return [];
    if (type === 'cgroup2') return [{ version: 2, mountRoot, mountPoint }];
    return type === 'cgroup' && options.split(',').includes('memory') ? [{ version: 1, mountRoot, mountPoint }] : [];
  });
}

function unescaped(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** The text of a file; empty if there is no file, or no right to read it. */
export function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
