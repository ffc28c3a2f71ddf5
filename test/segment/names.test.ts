import fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment, inspectSegment, removeSegment } from '../../src/index.js';
import type { NamedCall } from '../support/named-call.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

const bad = [
  '',
  '.',
  '..',
  '../ticks',
  'a/b',
  '/dev/shm/ticks',
  'ticks/',
  '.hidden',
  '-rf',
  '_ticks',
  'tick s',
  'ticks\n',
  'ticks\0',
  'tïcks',
  'a'.repeat(65),
];
const good = ['a', '0', 'A.b_c-9', 'ticks', 'ticks..', 'a'.repeat(64)];

describe.each(bad)('the name %j', (name) => {
  test('is refused by every call that takes a segment, and touches no file', () => {
    const directory = scratchDirectory();
    const options = { directory };
    for (const call of [createSegment, attachProducer, attachConsumer, inspectSegment, removeSegment] as NamedCall[]) {
      expect(
        codeOf(() => call(name, options)),
        call.name,
      ).toBe('ERR_HERMES_INVALID_NAME');
    }
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('is refused for a group', () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const error = thrownBy(() => attachConsumer('ticks', { directory, group: name }));
    expect(error.code).toBe('ERR_HERMES_INVALID_NAME');
    expect(error.message).toContain(JSON.stringify(name));
  });
});

test.each([undefined, null, 7, {}])('%j is no name', (name) => {
  const directory = scratchDirectory();
  expect(codeOf(() => createSegment(name as unknown as string, { directory }))).toBe('ERR_HERMES_INVALID_NAME');
});

test.each(good)('the name %j is good for a segment and for a group', (name) => {
  const directory = scratchDirectory();
  createSegment(name, { ...SMALL, maxGroups: 2, directory });
  const consumer = attachConsumer(name, { directory, group: name });
  expect(consumer.group).toBe(name);
  expect(inspectSegment(name, { directory }).groups.map((group) => group.name)).toEqual(['default', name]);
  consumer.detach();
  removeSegment(name, { directory });
  expect(fs.readdirSync(directory)).toEqual([]);
});
