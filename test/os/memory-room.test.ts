import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { memoryRoom } from '../../src/os/memory-room.js';
import { scratchDirectory } from '../support/scratch.js';

const MIB = 1024 * 1024;

/** A root directory with these files. */
function rootWith(files: Readonly<Record<string, string>>): string {
  const root = scratchDirectory();
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
  return root;
}

const MACHINE = { 'proc/meminfo': `MemTotal:  ${4096 * 1024} kB\nMemAvailable:  ${3072 * 1024} kB\nSwapFree: 0 kB\n` };
const mount2 = (root = '/', point = '/sys/fs/cgroup') =>
  `30 23 0:26 ${root} ${point} rw,nosuid shared:4 - cgroup2 cgroup2 rw\n`;
const mount1 = (root = '/', point = '/sys/fs/cgroup/memory') =>
  `31 23 0:27 ${root} ${point} rw - cgroup cgroup rw,memory\n32 23 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n`;

describe('of version 2', () => {
  const group = (name: string, limit: number | 'max', used: number, rest: object = {}) =>
    Object.fromEntries(
      Object.entries({ 'memory.max': limit, 'memory.current': used, ...rest }).map(([file, value]) => [
        `sys/fs/cgroup${name}/${file}`,
        `${value}\n`,
      ]),
    );
  const inGroup = (name: string, files: Readonly<Record<string, string>>) =>
    rootWith({ ...MACHINE, 'proc/self/cgroup': `0::${name}\n`, 'proc/self/mountinfo': mount2(), ...files });

  test("the process's own cgroup bounds it", () => {
    const root = inGroup('/a/b', group('/a/b', 150 * MIB, 30 * MIB));
    expect(memoryRoom(root)).toEqual({ of: 'the cgroup /a/b', limit: 150 * MIB, free: 120 * MIB });
  });

  test('one above it does, where that has less', () => {
    const root = inGroup('/a/b', { ...group('/a/b', 'max', 30 * MIB), ...group('/a', 200 * MIB, 190 * MIB) });
    expect(memoryRoom(root)).toEqual({ of: 'the cgroup /a', limit: 200 * MIB, free: 10 * MIB });
  });

  test('what is only cached from a disk is free; what is in tmpfs is not', () => {
    const stat = `anon ${MIB}\nfile ${90 * MIB}\nshmem ${20 * MIB}\ninactive_file ${40 * MIB}\nactive_file ${30 * MIB}\nslab_reclaimable ${MIB}\n`;
    const root = inGroup('/a', group('/a', 100 * MIB, 95 * MIB, { 'memory.stat': stat }));
    expect(memoryRoom(root)?.free).toBe((5 + 40 + 30 + 1) * MIB);
  });

  test.each([
    ['as much as there is', 'max', 0, 500, 500],
    ['as much as the cgroup may', 64 * MIB, 60 * MIB, 500, 4],
    ['none where it may not', 0, 0, 500, 0],
    ['none where there is none', 'max', 0, 0, 0],
  ])('swap counts: %s', (_, most, used, free, counted) => {
    const files = group('/a', 100 * MIB, 90 * MIB, { 'memory.swap.max': most, 'memory.swap.current': used });
    const root = inGroup('/a', { ...files, 'proc/meminfo': `SwapFree: ${free * 1024} kB\n` });
    expect(memoryRoom(root)?.free).toBe((10 + counted) * MIB);
  });

  test.each([
    ['a namespace of its own', '/', '/'],
    ['the name that the machine gives it, of which only its own is mounted', '/docker/1', '/docker/1'],
    ['a name outside of what is mounted', '/../../other', '/'],
  ])('a container that sees its cgroup as the root: by %s', (_, name, mountRoot) => {
    const files = { 'proc/self/cgroup': `0::${name}\n`, 'proc/self/mountinfo': mount2(mountRoot) };
    const root = rootWith({ ...MACHINE, ...group('', 64 * MIB, 60 * MIB), ...files });
    expect(memoryRoom(root)).toEqual({ of: `the cgroup ${mountRoot}`, limit: 64 * MIB, free: 4 * MIB });
  });

  test('it is found where it is mounted, also at a name with a space', () => {
    const files = {
      'proc/self/cgroup': '0::/a\n',
      'proc/self/mountinfo': mount2('/', '/mnt/c\\040g'),
      'mnt/c g/a/memory.max': `${MIB}`,
      'mnt/c g/a/memory.current': '0',
    };
    expect(memoryRoom(rootWith({ ...MACHINE, ...files }))?.limit).toBe(MIB);
  });
});

describe('of version 1, also beside version 2', () => {
  const group = (name: string, files: Readonly<Record<string, number | string>>) =>
    Object.fromEntries(
      Object.entries(files).map(([file, value]) => [`sys/fs/cgroup/memory${name}/memory.${file}`, `${value}\n`]),
    );
  const inGroup = (files: Readonly<Record<string, string>>) =>
    rootWith({
      ...MACHINE,
      'proc/self/cgroup': '5:cpu,cpuacct:/x\n4:memory:/a/b\n1:name=systemd:/y\n0::/z\n',
      'proc/self/mountinfo': mount2('/', '/sys/fs/cgroup/unified') + mount1(),
      ...files,
    });
  const NONE = '9223372036854771712';

  test('it bounds the process, and those above it', () => {
    const own = group('/a/b', { limit_in_bytes: 150 * MIB, usage_in_bytes: 30 * MIB });
    expect(memoryRoom(inGroup(own))).toEqual({ of: 'the cgroup /a/b', limit: 150 * MIB, free: 120 * MIB });
    const unbounded = group('/a/b', { limit_in_bytes: NONE, usage_in_bytes: 30 * MIB });
    const above = group('/a', { limit_in_bytes: 99 * MIB, usage_in_bytes: 98 * MIB });
    expect(memoryRoom(inGroup({ ...unbounded, ...above }))).toMatchObject({ of: 'the cgroup /a', free: MIB });
  });

  test('what is cached is free, and memory and swap may be bounded together', () => {
    const files = {
      limit_in_bytes: 100 * MIB,
      usage_in_bytes: 90 * MIB,
      stat: `inactive_file 1\ntotal_inactive_file ${3 * MIB}\ntotal_active_file ${2 * MIB}`,
    };
    expect(memoryRoom(inGroup(group('/a/b', files)))?.free).toBe(15 * MIB);
    const both = { 'memsw.limit_in_bytes': 100 * MIB, 'memsw.usage_in_bytes': 96 * MIB };
    const swap = { 'proc/meminfo': `SwapFree: ${500 * 1024} kB\n` };
    expect(memoryRoom(inGroup({ ...group('/a/b', { ...files, ...both }), ...swap }))?.free).toBe(9 * MIB);
  });

  test('without limits the machine bounds it', () => {
    const root = inGroup(group('/a/b', { limit_in_bytes: NONE, usage_in_bytes: 30 * MIB }));
    expect(memoryRoom(root)).toEqual({ of: 'this machine', limit: 4096 * MIB, free: 3072 * MIB });
  });
});

test('where nothing tells, nothing is known', () => {
  expect(memoryRoom(rootWith({}))).toBeUndefined();
  expect(
    memoryRoom(rootWith({ 'proc/self/cgroup': 'nonsense', 'proc/self/mountinfo': '\n - \nx y z' })),
  ).toBeUndefined();
});

test('of this process it tells something', () => {
  const room = memoryRoom();
  expect(room?.free).toBeGreaterThan(0);
  expect(room?.limit).toBeGreaterThan(room!.free);
});

/** A cgroup of the limit, of whichever version there is; undefined where this process may make none. */
function cgroupOf(limit: number): { readonly directory: string; readonly name: string } | undefined {
  const name = `hermes-test-${process.pid}`;
  for (const [hierarchy, file] of [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ] as const) {
    const directory = path.join(hierarchy, name);
    try {
      fs.mkdirSync(directory);
      fs.writeFileSync(path.join(directory, file), `${limit}`);
      return { directory, name: `/${name}` };
    } catch {
      if (fs.existsSync(directory)) fs.rmdirSync(directory);
    }
  }
  return undefined;
}

const probe = cgroupOf(100 * MIB);
if (probe !== undefined) fs.rmdirSync(probe.directory);

describe.skipIf(probe === undefined)('in a cgroup with little memory', () => {
  const HERMES = new URL('../../../bin/hermes.js', import.meta.url).pathname;

  function runIn(limit: number, ...args: string[]): { status: number | null; stderr: string; name: string } {
    const { directory, name } = cgroupOf(limit)!;
    onTestFinished(() => fs.rmdirSync(directory));
    const script = `echo $$ > ${directory}/cgroup.procs && exec "$@"`;
    const node = [process.execPath, HERMES, ...args];
    const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', ...node], { encoding: 'utf8' });
    return { status, stderr, name };
  }

  test('create of what does not fit is refused, and names the limit', () => {
    const directory = scratchDirectory();
    const create = ['--directory', directory, 'create', 'large', '--producers', '1'];
    const refused = runIn(150 * MIB, ...create, '--capacity', '256MiB');
    expect(refused.stderr).toMatch(
      new RegExp(
        `^hermes: ERR_HERMES_NO_SPACE: .*segment large: of the ${150 * MIB} bytes of memory of the cgroup ${refused.name}, `,
      ),
    );
    expect(refused.status).toBe(1);
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('create of what fits works', () => {
    const directory = scratchDirectory();
    const { status } = runIn(
      150 * MIB,
      '--directory',
      directory,
      'create',
      'small',
      '--producers',
      '1',
      '--capacity',
      '32MiB',
    );
    expect(status).toBe(0);
    expect(fs.readdirSync(directory)).toEqual(['small']);
  });

  test('attaching to a larger segment works: its memory is counted where it was created', () => {
    const directory = scratchDirectory();
    spawnSync(process.execPath, [
      HERMES,
      '--directory',
      directory,
      'create',
      'large',
      '--producers',
      '1',
      '--capacity',
      '256MiB',
    ]);
    const { status, stderr } = runIn(150 * MIB, '--directory', directory, 'consume', 'large', '--count', '0');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
