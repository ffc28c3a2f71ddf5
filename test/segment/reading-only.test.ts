import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  Coordinator,
  createSegment,
  inspectJournal,
  inspectSegment,
  listSegments,
  openJournal,
  removeGroup,
  removeSegment,
  verifyJournal,
} from '../../src/index.js';
import { Child } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { canMount } from '../support/small-file-system.js';
import { codeOf } from '../support/thrown.js';
import { runHere } from '../tools/run-here.js';

/** The same directory mounted a second time, to be read alone, until the test has finished. */
function readOnlyMountOf(directory: string): string {
  const target = scratchDirectory();
  const run = (...args: string[]) => spawnSync('mount', args).status;
  const statuses = [run('--bind', directory, target), run('-o', 'remount,bind,ro', target)];
  onTestFinished(() => {
    spawnSync('umount', ['--lazy', target]);
  });
  expect(statuses).toEqual([0, 0]);
  return target;
}

/** A segment with a message that nobody has read, and its producer. */
function busySegment(directory: string): void {
  createSegment('ticks', { ...SMALL, directory });
  const producer = attachProducer('ticks', { directory });
  onTestFinished(() => producer.detach());
  producer.offer(Buffer.from('unread'));
}

describe.runIf(canMount)('on a file system that is mounted to be read alone', () => {
  test('segments are listed and inspected as elsewhere: who is alive, too', async () => {
    const directory = scratchDirectory();
    using coordinator = new Coordinator({ directory, reapIntervalMs: 1_000_000 });
    busySegment(directory);
    coordinator.declare({});
    const mount = readOnlyMountOf(directory);
    const { path: file, ...seen } = inspectSegment('ticks', { directory: mount });
    expect(file).toBe(path.join(mount, 'ticks'));
    expect(seen).toMatchObject({ isOfThisBoot: true, coordinator: { pid: process.pid, origin: 'found' } });
    expect(seen.lanes).toMatchObject([{ producer: { pid: process.pid, alive: true } }]);
    expect(seen.groups).toMatchObject([{ name: 'default', lagCount: 1 }]);
    expect(listSegments({ directory: mount })).toMatchObject([{ name: 'ticks', error: null }]);
    for (const command of [['ls'], ['inspect', 'ticks'], ['groups', 'ticks']]) {
      const { code, stdout } = await runHere(['--directory', mount, ...command]);
      expect([code, stdout.length > 0], command.join(' ')).toEqual([0, true]);
    }
  });

  test('whatever would change something is refused, by naming why', () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const options = { directory: readOnlyMountOf(directory) };
    const calls = [
      () => attachProducer('ticks', options),
      () => attachConsumer('ticks', options),
      () => removeSegment('ticks', options),
      () => removeGroup('ticks', 'default', options),
      () => createSegment('tocks', { ...SMALL, ...options }),
      () => new Coordinator(options),
    ];
    for (const call of calls) expect(codeOf(call)).toBe('ERR_HERMES_PERMISSION');
    expect(codeOf(() => createSegment('ticks', options))).toMatch(/^ERR_HERMES_(PERMISSION|SEGMENT_EXISTS)$/);
  });

  test('journals are inspected, verified, read and pinned', async () => {
    const directory = scratchDirectory();
    const journals = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    using producer = attachProducer('ticks', { directory });
    using recorder = attachRecorder('ticks', { directory, to: path.join(journals, 'ticks'), group: 'default' });
    producer.offer(Buffer.from('recorded'));
    recorder.record();
    const journal = path.join(readOnlyMountOf(journals), 'ticks');
    expect(inspectJournal(journal)).toMatchObject({ writer: { pid: process.pid }, files: [{ isPinned: true }] });
    expect(await verifyJournal(journal)).toMatchObject({ messages: 1, damages: [], gaps: [] });
    recorder.detach();
    expect(inspectJournal(journal)).toMatchObject({ writer: null, files: [{ isPinned: false }] });
    using reader = openJournal(journal);
    expect(reader.read(({ payload }) => expect(`${payload}`).toBe('recorded'))).toBe(1);
    expect(inspectJournal(path.join(journals, 'ticks')).files).toMatchObject([{ isPinned: true }]);
  });
});

test.runIf(process.getuid?.() === 0)(
  'a user who may only read a segment inspects it, and attaches to nothing',
  async () => {
    const OTHER_UID = 12_345;
    const directory = scratchDirectory();
    fs.chmodSync(directory, 0o755);
    busySegment(directory);
    fs.chmodSync(path.join(directory, 'ticks'), 0o644);
    createSegment('closed', { ...SMALL, directory });
    const child = Child.start(
      `
    import { attachConsumer, inspectSegment, listSegments } from 'hermes:index.js';
    import { libc } from 'hermes:os/libc.js';
    libc(); // the other user may have no rights to the packages
    process.setgroups([]);
    process.setgid(${OTHER_UID});
    process.setuid(${OTHER_UID});
    const options = { directory: process.argv[1] };
    const { lanes, isOfThisBoot } = inspectSegment('ticks', options);
    console.log(JSON.stringify([isOfThisBoot, lanes.map(({ producer }) => producer.alive)]));
    console.log(JSON.stringify(listSegments(options).map(({ name, error }) => [name, error?.code])));
    try {
      attachConsumer('ticks', options);
    } catch (error) {
      console.log(error.code);
    }`,
      directory,
    );
    expect(await child.line()).toBe('[true,[true]]');
    expect(await child.line()).toBe('[["closed","ERR_HERMES_PERMISSION"],["ticks",null]]');
    expect(await child.line()).toBe('ERR_HERMES_PERMISSION');
  },
);
