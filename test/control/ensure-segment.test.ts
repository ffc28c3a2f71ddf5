import { describe, expect, test } from 'vitest';
import {
  addGroup,
  attachConsumer,
  attachProducer,
  type CreateOptions,
  createSegment,
  ensureSegment,
  inspectSegment,
  removeGroup,
} from '../../src/index.js';
import { Child } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

const SHAPE: CreateOptions = { ...SMALL, maxGroups: 3, groups: { workers: { shared: true } } };

const groupNames = (directory: string) => inspectSegment('jobs', { directory }).groups.map(({ name }) => name);

describe('ensureSegment', () => {
  test('creates a segment, and then adopts it with what is in it', () => {
    const directory = scratchDirectory();
    const created = ensureSegment('jobs', { ...SHAPE, directory });
    expect(created).toMatchObject({ name: 'jobs', origin: 'created' });
    const producer = attachProducer('jobs', { directory });
    producer.offer(Buffer.from('kept'));
    expect(ensureSegment('jobs', { ...SHAPE, directory })).toEqual({ ...created, origin: 'adopted' });
    const texts: string[] = [];
    const worker = attachConsumer('jobs', { group: 'workers', directory });
    worker.poll((message) => texts.push(message.payload.toString()));
    expect(texts).toEqual(['kept']);
  });

  test.each<[string, CreateOptions, RegExp]>([
    ['another geometry', { producers: 2 }, /another geometry: it has producers 1, and producers 2 is declared/],
    ['a greater number of groups', { maxGroups: 4 }, /it has maxGroups 3, and maxGroups 4 is declared/],
    ['checksums', { checksum: true }, /checksum false.*checksum true/],
    [
      'a group of another kind',
      { groups: { workers: {} } },
      /other groups: it has groups workers \(shared\), and groups workers is declared/,
    ],
  ])('refuses a segment with %s, shows both, and changes nothing', (_, options, message) => {
    const directory = scratchDirectory();
    createSegment('jobs', { ...SHAPE, directory });
    const { segmentId } = inspectSegment('jobs', { directory });
    const error = thrownBy(() => ensureSegment('jobs', { ...SHAPE, ...options, directory }));
    expect(error).toMatchObject({ code: 'ERR_HERMES_SEGMENT_EXISTS', message: expect.stringMatching(message) });
    expect(inspectSegment('jobs', { directory }).segmentId).toBe(segmentId);
    expect(groupNames(directory)).toEqual(['workers']);
  });

  test('adds declared groups that are missing, from the oldest message, or none where there is no room for all', () => {
    const directory = scratchDirectory();
    createSegment('jobs', { ...SHAPE, directory });
    const producer = attachProducer('jobs', { directory });
    producer.offer(Buffer.from('early'));
    const three = { workers: { shared: true }, audit: {}, books: {} };
    addGroup('jobs', 'journal', { directory });
    expect(codeOf(() => ensureSegment('jobs', { ...SHAPE, groups: three, directory }))).toBe(
      'ERR_HERMES_NO_FREE_GROUP',
    );
    expect(groupNames(directory)).toEqual(['workers', 'journal']);
    removeGroup('jobs', 'journal', { directory });
    expect(ensureSegment('jobs', { ...SHAPE, groups: three, directory }).origin).toBe('adopted');
    expect(groupNames(directory)).toEqual(['workers', 'audit', 'books']);
    const audit = attachConsumer('jobs', { group: 'audit', directory });
    expect(audit.poll((message) => expect(message.payload.toString()).toBe('early'))).toBe(1);
  });

  test('leaves groups of others alone, but for a default that nobody would read', () => {
    const directory = scratchDirectory();
    createSegment('jobs', { ...SHAPE, directory });
    addGroup('jobs', 'journal', { directory });
    expect(ensureSegment('jobs', { ...SHAPE, directory }).origin).toBe('adopted');
    createSegment('old', { ...SHAPE, groups: undefined, directory });
    const { code, message } = thrownBy(() => ensureSegment('old', { ...SHAPE, directory }));
    expect(code).toBe('ERR_HERMES_SEGMENT_EXISTS');
    expect(message).toMatch(/groups default, and .*groups workers \(shared\) is declared/);
  });

  test('says nothing about groups where none are declared, but whether default is shared', () => {
    const directory = scratchDirectory();
    createSegment('jobs', { ...SHAPE, groups: undefined, directory });
    const ensure = (options: CreateOptions) =>
      ensureSegment('jobs', { ...SHAPE, groups: undefined, ...options, directory });
    expect(thrownBy(() => ensure({ shared: true })).message).toMatch(/groups default, and .*groups default \(shared\)/);
    expect(ensure({}).origin).toBe('adopted');
    removeGroup('jobs', 'default', { directory });
    expect(ensure({ shared: true }).origin).toBe('adopted');
    expect(groupNames(directory)).toEqual([]); // an operator has removed it
  });

  test('makes one segment, whole, of many processes that call it at once', async () => {
    const directory = scratchDirectory();
    const module = `
      import { once } from 'node:events';
      import { attachConsumer, ensureSegment } from 'hermes:index.js';
      const [directory, shape] = process.argv.slice(1);
      console.log('ready');
      await once(process.stdin, 'data');
      const { origin } = ensureSegment('jobs', { ...JSON.parse(shape), directory });
      const consumer = attachConsumer('jobs', { group: 'workers', directory });
      console.log(origin);
      await once(process.stdin, 'data');
      process.exit();`;
    const shape = { ...SHAPE, members: 4 };
    const children = [1, 2, 3, 4].map(() => Child.start(module, directory, JSON.stringify(shape)));
    for (const child of children) await child.line();
    for (const child of children) child.tell('go');
    const origins = await Promise.all(children.map((child) => child.line()));
    expect(origins.sort()).toEqual(['adopted', 'adopted', 'adopted', 'created']);
    const [group] = inspectSegment('jobs', { directory }).groups;
    expect(group).toMatchObject({ name: 'workers', members: { length: 4 } });
  });
});
