import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  createSegment,
  inspectSegment,
  listSegments,
  removeGroup,
  removeSegment,
} from '../../src/index.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf } from '../support/thrown.js';

const OTHER_UID = 12_345;

/** Everything of a directory that a look could change; not the times of reading. */
function stateOf(directory: string): unknown {
  return fs.readdirSync(directory).map((name) => {
    const { ino, size, mode, uid, mtimeNs, ctimeNs } = fs.statSync(path.join(directory, name), { bigint: true });
    return { name, ino, size, mode, uid, mtimeNs, ctimeNs };
  });
}

describe.skipIf(process.getuid?.() !== 0)('root and the directory of another user', () => {
  let directory: string;
  beforeEach(() => {
    directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    for (const file of ['ticks', '.']) fs.chownSync(path.join(directory, file), OTHER_UID, OTHER_UID);
  });

  test('may look, and that leaves nothing behind', () => {
    const before = stateOf(directory);
    expect(listSegments({ directory })).toMatchObject([{ name: 'ticks', error: null }]);
    expect(inspectSegment('ticks', { directory })).toMatchObject({ name: 'ticks', lanes: [] });
    expect(stateOf(directory)).toEqual(before);
  });

  test.each([
    ['create', () => createSegment('tocks', { ...SMALL, directory })],
    ['attach a producer', () => attachProducer('ticks', { directory })],
    ['attach a consumer', () => attachConsumer('ticks', { directory })],
    ['remove a group', () => removeGroup('ticks', 'default', { directory })],
    ['remove', () => removeSegment('ticks', { directory, force: true })],
  ])('may not %s', (_, act) => {
    const before = stateOf(directory);
    expect(codeOf(act)).toBe('ERR_HERMES_PERMISSION');
    expect(stateOf(directory)).toEqual(before);
  });
});
