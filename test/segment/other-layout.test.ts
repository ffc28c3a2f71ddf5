import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attachProducer, Coordinator, createSegment, inspectSegment, removeSegment } from '../../src/index.js';
import * as P from '../../src/layout/preamble.js';
import { ByteLocks } from '../../src/os/byte-locks.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { thrownBy } from '../support/thrown.js';
import { until } from '../support/until.js';

/** Where no layout that is known here has a lock. */
const SOME_LOCK_OFFSET = 2 ** 41 + 17;

/** A file as another major version of Hermes would leave it. */
function ofOtherLayout(name = 'ticks') {
  const directory = scratchDirectory();
  createSegment(name, { ...SMALL, directory });
  const file = path.join(directory, name);
  const content = fs.readFileSync(file);
  content.writeUInt32LE(P.LAYOUT_MAJOR + 1, P.LAYOUT_MAJOR_OFFSET);
  fs.writeFileSync(file, content);
  return { directory, file };
}

/** Somebody of that version takes part. */
function takePart(file: string): ByteLocks {
  const locks = ByteLocks.open(file);
  locks.tryLock(SOME_LOCK_OFFSET);
  onTestFinished(() => locks.close());
  return locks;
}

test('the error of whoever comes names both layouts, and both ways to remove it', () => {
  const { directory } = ofOtherLayout();
  for (const call of [attachProducer, inspectSegment, removeSegment]) {
    const { code, message } = thrownBy(() => call('ticks', { directory }));
    expect(code).toBe('ERR_HERMES_INCOMPATIBLE_LAYOUT');
    expect(message).toContain(`has layout ${P.LAYOUT_MAJOR + 1}.`);
    expect(message).toContain('hermes rm --force ticks');
    expect(message).toContain("removeSegment('ticks', { force: true })");
  }
  removeSegment('ticks', { directory, force: true });
  createSegment('ticks', { ...SMALL, directory });
});

describe('a coordinator that declares a segment whose name leads to one of another layout', () => {
  test('replaces that, when nobody takes part in it', () => {
    const { directory } = ofOtherLayout();
    using coordinator = new Coordinator({ directory, segments: { ticks: SMALL } });
    expect(coordinator.segments.ticks).toMatchObject({ origin: 'replaced', error: null });
    attachProducer('ticks', { directory }).detach();
  });

  test('begins all the same while somebody does, tells of it, and replaces it once it is idle', async () => {
    const { directory, file } = ofOtherLayout();
    const locks = takePart(file);
    const content = fs.readFileSync(file);
    using coordinator = new Coordinator({ directory, segments: { ticks: SMALL, trades: SMALL } });
    expect(coordinator.segments).toMatchObject({
      ticks: { error: expect.stringMatching(/^ERR_HERMES_INCOMPATIBLE_LAYOUT/) },
      trades: { origin: 'created', error: null },
    });
    expect(thrownBy(() => coordinator.declare({ ticks: SMALL })).code).toBe('ERR_HERMES_INCOMPATIBLE_LAYOUT');
    expect(fs.readFileSync(file).equals(content)).toBe(true);
    locks.close();
    await until(() => coordinator.segments.ticks?.error === null);
    expect(coordinator.segments.ticks).toMatchObject({ origin: 'replaced' });
    expect(inspectSegment('ticks', { directory }).layout).toBe(`${P.LAYOUT_MAJOR}.${P.LAYOUT_MINOR}`);
  });

  test('leaves one alone that nobody has declared', () => {
    const { directory, file } = ofOtherLayout();
    const content = fs.readFileSync(file);
    using coordinator = new Coordinator({ directory });
    expect(coordinator.segments.ticks?.error).toContain('ERR_HERMES_INCOMPATIBLE_LAYOUT');
    expect(fs.readFileSync(file).equals(content)).toBe(true);
  });
});

test('locks of a file are seen as a whole, wherever they are, and not our own', () => {
  const { file } = ofOtherLayout();
  const own = ByteLocks.open(file);
  onTestFinished(() => own.close());
  own.tryLock(5);
  expect(own.areHeldByOther).toBe(false);
  const other = takePart(file);
  expect(own.areHeldByOther).toBe(true);
  other.close();
  expect(own.areHeldByOther).toBe(false);
});
