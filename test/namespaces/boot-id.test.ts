import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  createSegment,
  inspectSegment,
  listSegments,
  removeSegment,
} from '../../src/index.js';
import { scratchOnDisk } from '../journal/disk.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf } from '../support/thrown.js';
import { entering, mayEnter, printing, startContainer } from './container.js';

const TMPFS = 0x0102_1994;
const isTemporaryOnDisk = fs.statfsSync(os.tmpdir()).type !== TMPFS;

const OPTIONS = '{ directory: process.argv[1] }';
const DECLARED = JSON.stringify({ ticks: SMALL });

/** As LXC and systemd-nspawn do it: the container is shown a boot id of its own. */
function ownBootId(): string[] {
  const id = path.join(scratchDirectory(), 'id');
  fs.writeFileSync(id, `${randomUUID()}\n`);
  return entering(['--mount'], `mount --bind ${id} /proc/sys/kernel/random/boot_id`);
}
const WITHOUT_ENTRIES = entering(['--mount'], 'mount -t proc -o subset=pid proc /proc');
const WITHOUT_PROC = entering(['--mount'], 'mount -t tmpfs none /proc');

/** Prints a line once it is attached, and goes on until it is killed. */
const staying = (attach: string) => `
  const participant = ${attach};
  console.log('attached');
  setInterval(() => participant, 1000);`;

/** What the messages of a segment's default group are. */
function received(directory: string): string[] {
  using consumer = attachConsumer('ticks', { directory });
  const seen: string[] = [];
  while (consumer.poll(({ payload }) => seen.push(payload.toString())) > 0);
  return seen;
}

/** All of these need a mount namespace: root has it, unless it is in a container itself. */
const isPermitted = mayEnter(WITHOUT_PROC);

describe.runIf(isPermitted)('a container with a boot id of its own', () => {
  let enter: string[];
  beforeEach(() => {
    enter = ownBootId();
  });
  const inside = (module: string, directory: string) => startContainer(enter, module, directory);

  describe.each([
    ['in memory', scratchDirectory, true],
    ['on a disk', scratchOnDisk, isTemporaryOnDisk],
  ])('of a segment in use %s', (_, newDirectory, isThere) => {
    test.runIf(isThere)('removes nothing, replaces nothing, and says who has it', async () => {
      const directory = newDirectory();
      createSegment('ticks', { ...SMALL, maxGroups: 2, directory });
      const { segmentId } = inspectSegment('ticks', { directory });
      using _producer = attachProducer('ticks', { directory });
      const container = inside(
        printing(
          `removeSegment('ticks', ${OPTIONS})`,
          `new Coordinator({ ...${OPTIONS}, segments: ${DECLARED} }).segments.ticks`,
          `createSegment('ticks', ${OPTIONS})`,
          `inspectSegment('ticks', ${OPTIONS}).isOfThisBoot`,
        ),
        directory,
      );
      expect(await container.line()).toMatch(new RegExp(`^ERR_HERMES_BUSY .*\\b${process.pid}\\b`));
      expect(await container.line()).toMatch(/^ERR_HERMES_SEGMENT_EXISTS .*maxGroups 2.*maxGroups 1/);
      expect(await container.line()).toMatch(/^ERR_HERMES_SEGMENT_EXISTS /);
      expect(await container.line()).toBe('true');
      expect(inspectSegment('ticks', { directory })).toMatchObject({ segmentId, isRemoved: false });
    });

    test.runIf(isThere)('attaches, and messages go both ways', async () => {
      const directory = newDirectory();
      createSegment('ticks', { ...SMALL, producers: 2, maxGroups: 2, directory });
      using producer = attachProducer('ticks', { directory });
      const container = inside(
        `const consumer = attachConsumer('ticks', { ...${OPTIONS}, group: 'guests' });
         const producer = attachProducer('ticks', ${OPTIONS});
         console.log('attached');
         while (await consumer.waitAsync()) {
           consumer.poll(({ lane, payload }) => lane === 0 && producer.offer(Buffer.from('answer to ' + payload)));
         }`,
        directory,
      );
      expect(await container.line()).toBe('attached');
      producer.offer(Buffer.from('question'));
      using consumer = attachConsumer('ticks', { directory });
      const seen: string[] = [];
      while (seen.length < 2) {
        await consumer.waitAsync();
        consumer.poll(({ payload }) => seen.push(payload.toString()));
      }
      expect(seen.sort()).toEqual(['answer to question', 'question']);
    });

    test.runIf(isThere)('has created it itself: the host keeps it, and attaches', async () => {
      const directory = newDirectory();
      const container = inside(
        `createSegment('ticks', { ...${JSON.stringify(SMALL)}, ...${OPTIONS} });
         ${staying(`attachProducer('ticks', ${OPTIONS})`)}`,
        directory,
      );
      expect(await container.line()).toBe('attached');
      expect(codeOf(() => removeSegment('ticks', { directory }))).toBe('ERR_HERMES_BUSY');
      attachConsumer('ticks', { directory }).detach();
      await container.kill();
      removeSegment('ticks', { directory });
    });
  });

  test('of a segment in memory that nobody is attached to, keeps what is in it, and attaches', async () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const producer = attachProducer('ticks', { directory });
    producer.offer(Buffer.from('before'));
    producer.detach();
    const container = inside(
      `${printing(`new Coordinator({ ...${OPTIONS}, segments: ${DECLARED} }).segments.ticks.origin`)}
       const producer = attachProducer('ticks', ${OPTIONS});
       producer.offer(Buffer.from('inside'));
       producer.detach();
       console.log('sent');`,
      directory,
    );
    expect([await container.line(), await container.line()]).toEqual(['"adopted"', 'sent']);
    expect(received(directory)).toEqual(['before', 'inside']);
  });

  test.runIf(isTemporaryOnDisk)(
    'of a segment on a disk that nobody is attached to, cannot tell, and says so',
    async () => {
      const directory = scratchOnDisk();
      createSegment('ticks', { ...SMALL, maxGroups: 2, directory });
      const container = inside(
        `${printing(
          `attachProducer('ticks', ${OPTIONS})`,
          `inspectSegment('ticks', ${OPTIONS}).isOfThisBoot`,
          `new Coordinator({ ...${OPTIONS}, segments: ${DECLARED} }).segments.ticks.origin`,
        )}`,
        directory,
      );
      expect(await container.line()).toMatch(/^ERR_HERMES_OTHER_BOOT .*nobody is attached.*boot ids of their own/);
      expect([await container.line(), await container.line()]).toEqual(['false', '"replaced"']);
    },
  );

  test('records into the journal that the host has begun, and the other way round', async () => {
    const directory = scratchDirectory();
    const to = path.join(directory, 'journal');
    createSegment('ticks', { ...SMALL, directory });
    using producer = attachProducer('ticks', { directory });
    const record = `
      const recorder = attachRecorder('ticks', { ...${OPTIONS}, to: ${JSON.stringify(to)}, group: 'default' });
      recorder.record();
      recorder.detach();
      console.log('recorded');`;
    for (const turn of [[], enter, []]) {
      producer.offer(Buffer.from('one'));
      const container = startContainer(turn.length > 0 ? turn : ['env'], record, directory);
      expect(await container.line()).toBe('recorded');
    }
    const container = inside(printing(`(await verifyJournal(${JSON.stringify(to)})).messages`), directory);
    expect(await container.line()).toBe('3');
  });
});

describe.runIf(isPermitted).each([
  ['where /proc shows processes alone', WITHOUT_ENTRIES],
  ['where /proc is not mounted', WITHOUT_PROC],
])('%s', (_, enter) => {
  test('segments in memory are listed, created, declared, used, recorded and removed', async () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const to = JSON.stringify(path.join(directory, 'journal'));
    const container = startContainer(
      enter,
      printing(
        `listSegments(${OPTIONS}).map(({ name, segment }) => [name, segment.isOfThisBoot])`,
        `createSegment('tocks', { ...${JSON.stringify(SMALL)}, ...${OPTIONS} }).name`,
        `new Coordinator({ ...${OPTIONS}, segments: { ticks: ${JSON.stringify(SMALL)} } }).segments.ticks.origin`,
        `attachProducer('ticks', ${OPTIONS}).offer(Buffer.from('inside'))`,
        `attachRecorder('ticks', { ...${OPTIONS}, to: ${to}, group: 'default' }).record()`,
        `attachConsumer('tocks', ${OPTIONS}).detach()`,
      ),
      directory,
    );
    expect(await container.line()).toBe('[["ticks",true]]');
    expect(await container.line()).toBe('"tocks"');
    expect(await container.line()).toBe('"adopted"');
    expect(await container.line()).toBe('64');
    expect(await container.line()).toBe('1');
    expect(await container.line()).toBe('fine');
    await container.kill();
    expect(listSegments({ directory }).map(({ name, error }) => [name, error])).toEqual([
      ['ticks', null],
      ['tocks', null],
    ]);
    attachProducer('tocks', { directory }).detach();
    const remover = startContainer(enter, printing(`removeSegment('tocks', ${OPTIONS})`), directory);
    expect(await remover.line()).toBe('fine');
    expect(codeOf(() => inspectSegment('tocks', { directory }))).toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
  });

  test.runIf(isTemporaryOnDisk)('what cannot be done for want of it names it', async () => {
    const directory = scratchOnDisk();
    createSegment('ticks', { ...SMALL, directory });
    const questions = printing(
      `listSegments(${OPTIONS}).map(({ name, error }) => [name, error])`,
      `attachConsumer('ticks', ${OPTIONS}).detach()`,
      `createSegment('tocks', ${OPTIONS})`,
    );
    const container = startContainer(enter, questions, directory);
    expect(await container.line()).toBe('[["ticks",null]]');
    const naming = /^ERR_HERMES_SYSTEM .*\/proc\/sys\/kernel\/random\/boot_id: ENOENT/;
    expect(await container.line()).toMatch(naming);
    expect(await container.line()).toMatch(naming);
    using _producer = attachProducer('ticks', { directory });
    const later = startContainer(enter, questions, directory);
    expect([await later.line(), await later.line()]).toEqual(['[["ticks",null]]', 'fine']);
  });
});
