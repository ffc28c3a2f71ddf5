import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  createSegment,
  inspectSegment,
  listSegments,
  removeSegment,
} from '../../src/index.js';
import { CONTROL_LOCK_OFFSET } from '../../src/layout/locks.js';
import { LAYOUT_MAJOR_OFFSET } from '../../src/layout/preamble.js';
import { markRemoved } from '../../src/ring/roster-word.js';
import { attachedChild } from '../support/child.js';
import { atLook } from '../support/look.js';
import { openRaw, SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

function newSegment(): string {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, maxGroups: 3, directory });
  return directory;
}

describe('a segment', () => {
  test('that nobody uses is removed: its name is free again', () => {
    const directory = newSegment();
    removeSegment('ticks', { directory });
    expect(fs.readdirSync(directory)).toEqual([]);
    expect(codeOf(() => removeSegment('ticks', { directory }))).toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
    createSegment('ticks', { ...SMALL, directory });
  });

  test('takes its doorbells with it; one that cannot be removed does not keep it', () => {
    const directory = newSegment();
    attachConsumer('ticks', { directory }).detach();
    const [bell] = fs.readdirSync(directory).filter((name) => name.startsWith('.bell-'));
    const stubborn = `${bell}.new`; // as of another user in a sticky directory
    fs.mkdirSync(path.join(directory, stubborn));
    removeSegment('ticks', { directory });
    expect(fs.readdirSync(directory)).toEqual([stubborn]);
  });

  test.each(['attachProducer', 'attachConsumer'])('is not removed while another process has it: %s', async (attach) => {
    const directory = newSegment();
    const child = await attachedChild(`${attach}('ticks', ${JSON.stringify({ directory })})`);
    const error = thrownBy(() => removeSegment('ticks', { directory }));
    expect(error.code).toBe('ERR_HERMES_BUSY');
    expect(error.message).toContain(`in use by process ${child.pid}:`);
    expect(inspectSegment('ticks', { directory }).isRemoved).toBe(false);
    await child.kill('SIGKILL');
    removeSegment('ticks', { directory });
  });

  test('is not removed while this process has it, once or more', () => {
    const directory = newSegment();
    const participants = [
      attachProducer('ticks', { directory }),
      attachConsumer('ticks', { directory }),
      attachConsumer('ticks', { directory, group: 'observers', mode: 'lossy' }),
    ];
    for (const participant of participants) {
      expect(thrownBy(() => removeSegment('ticks', { directory })).message).toContain(`process ${process.pid}:`);
      participant.detach();
    }
    removeSegment('ticks', { directory });
  });

  test('names every process that has it', async () => {
    const directory = newSegment();
    const children = [
      await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`),
      await attachedChild(`attachConsumer('ticks', ${JSON.stringify({ directory })})`),
    ];
    const error = thrownBy(() => removeSegment('ticks', { directory }));
    expect(error.message).toContain(`processes ${children.map(({ pid }) => pid).join(', ')}: end them first`);
  });
});

describe('a forced removal', () => {
  test('ends the work of those who are attached, after what they can still read', () => {
    const directory = newSegment();
    const producer = attachProducer('ticks', { directory });
    const consumer = attachConsumer('ticks', { directory });
    const lossy = attachConsumer('ticks', { directory, group: 'observers', mode: 'lossy' });
    for (const each of [consumer, lossy]) each.poll(() => {}); // they have seen the producer's lane
    producer.offer(Buffer.from('last words'));
    removeSegment('ticks', { directory, force: true });
    expect(fs.readdirSync(directory)).toEqual([]);
    for (const each of [consumer, lossy]) {
      const seen: string[] = [];
      each.poll((message) => seen.push(`${message.payload}`));
      expect(seen).toEqual(['last words']);
      const error = thrownBy(() => each.poll(() => {}));
      expect(error.code).toBe('ERR_HERMES_REMOVED');
      expect(error.message).toContain('ticks');
      each.detach();
    }
    // A producer looks when it has used up the room that it knows of: an eighth of a lane, at the latest.
    const error = thrownBy(() => {
      for (let i = 0; i < SMALL.capacity! / 8 / 32; i++) producer.offer(Buffer.alloc(0));
    });
    expect(error.code).toBe('ERR_HERMES_REMOVED');
    producer.detach();
  });

  test('ends the work of other processes', async () => {
    const directory = newSegment();
    const child = await attachedChild(`(() => {
      const consumer = attachConsumer('ticks', ${JSON.stringify({ directory })});
      setInterval(() => {
        try {
          consumer.poll(() => {});
        } catch (error) {
          console.log(error.code);
          process.exit();
        }
      }, 1);
    })()`);
    removeSegment('ticks', { directory, force: true });
    expect(await child.line()).toBe('ERR_HERMES_REMOVED');
  });

  test('leaves the name to a new segment, which has nothing of the old one', () => {
    const directory = newSegment();
    const old = attachProducer('ticks', { directory });
    old.offer(Buffer.from('old'));
    removeSegment('ticks', { directory, force: true });
    createSegment('ticks', { ...SMALL, directory });
    old.offer(Buffer.from('old too'));
    const consumer = attachConsumer('ticks', { directory });
    const producer = attachProducer('ticks', { directory });
    producer.offer(Buffer.from('new'));
    const seen: string[] = [];
    for (let polls = 0; polls < 3; polls++) consumer.poll((message) => seen.push(`${message.payload}`));
    expect(seen).toEqual(['new']);
    old.detach();
    expect(inspectSegment('ticks', { directory }).lanes[0]!.producer?.alive).toBe(true);
    for (const each of [consumer, producer]) each.detach();
  });
});

describe('a removal that died half-way', () => {
  /** As a remover leaves it that was killed before it unlinked the name. */
  function halfRemoved(): string {
    const directory = newSegment();
    markRemoved(openRaw(directory).memory);
    return directory;
  }

  test('lets nobody attach', () => {
    const directory = halfRemoved();
    expect(codeOf(() => attachProducer('ticks', { directory }))).toBe('ERR_HERMES_REMOVED');
    expect(codeOf(() => attachConsumer('ticks', { directory }))).toBe('ERR_HERMES_REMOVED');
    expect(inspectSegment('ticks', { directory }).isRemoved).toBe(true);
  });

  test('is finished by a creator of the same name', () => {
    const directory = halfRemoved();
    createSegment('ticks', { ...SMALL, directory });
    expect(inspectSegment('ticks', { directory }).isRemoved).toBe(false);
    expect(fs.readdirSync(directory)).toEqual(['ticks']);
  });

  test.each([1, 2, 3])('is finished by a creator also when another one is faster at it (look %d)', (look) => {
    const directory = halfRemoved();
    const file = path.join(directory, 'ticks');
    const looks = atLook(file, look, () => fs.unlinkSync(file)); // what the other one does in between
    createSegment('ticks', { ...SMALL, directory });
    expect(looks.count).toBeGreaterThanOrEqual(look);
    expect(inspectSegment('ticks', { directory }).isRemoved).toBe(false);
  });

  test('is finished by the next remover, even while somebody is still attached', async () => {
    const directory = newSegment();
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`);
    markRemoved(openRaw(directory).memory);
    removeSegment('ticks', { directory });
    expect(fs.readdirSync(directory)).toEqual([]);
    await child.kill('SIGKILL');
  });
});

describe('a file that is no segment any more', () => {
  const damages: readonly (readonly [string, (content: Buffer) => Buffer])[] = [
    ['is cut short', (content) => content.subarray(0, 5000)],
    ['is empty', () => Buffer.alloc(0)],
    ['has a damaged preamble', (content) => content.fill(0xff, 20, 40)],
    ['has a newer layout', (content) => content.fill(9, LAYOUT_MAJOR_OFFSET, LAYOUT_MAJOR_OFFSET + 1)],
  ];

  test.each(damages)('because it %s is removed when that is forced, and only then', (_, damage) => {
    const directory = newSegment();
    const file = path.join(directory, 'ticks');
    fs.writeFileSync(file, damage(fs.readFileSync(file)));
    expect(codeOf(() => removeSegment('ticks', { directory }))).toMatch(/CORRUPT_SEGMENT|INCOMPATIBLE_LAYOUT/);
    expect(fs.existsSync(file)).toBe(true);
    removeSegment('ticks', { directory, force: true });
    expect(fs.existsSync(file)).toBe(false);
  });

  test('does not hinder the listing of the others', () => {
    const directory = newSegment();
    fs.writeFileSync(path.join(directory, 'damaged'), 'no segment');
    fs.writeFileSync(path.join(directory, '.creating-1-2'), '');
    fs.mkdirSync(path.join(directory, 'deeper'));
    const listed = listSegments({ directory });
    expect(listed.map(({ name, error }) => [name, error?.code])).toEqual([
      ['damaged', 'ERR_HERMES_CORRUPT_SEGMENT'],
      ['ticks', undefined],
    ]);
    expect(listed[1]!.segment).toEqual(inspectSegment('ticks', { directory }));
  });
});

test('while a remover that stands still holds the control lock, a creator is told so', () => {
  const directory = newSegment();
  const raw = openRaw(directory);
  markRemoved(raw.memory);
  raw.locks.tryLock(CONTROL_LOCK_OFFSET);
  expect(codeOf(() => createSegment('ticks', { ...SMALL, directory }))).toBe('ERR_HERMES_BUSY');
  raw.locks.unlock(CONTROL_LOCK_OFFSET);
  createSegment('ticks', { ...SMALL, directory });
});

test('a segment that is in use is seen to be in the way though its control lock is held', () => {
  const directory = newSegment();
  openRaw(directory).locks.tryLock(CONTROL_LOCK_OFFSET);
  expect(codeOf(() => createSegment('ticks', { ...SMALL, directory }))).toBe('ERR_HERMES_SEGMENT_EXISTS');
});

test('a damaged segment is removed by force under its control lock', () => {
  const directory = newSegment();
  const raw = openRaw(directory);
  fs.writeFileSync(path.join(directory, 'ticks'), 'no segment');
  raw.locks.tryLock(CONTROL_LOCK_OFFSET);
  expect(codeOf(() => removeSegment('ticks', { directory, force: true }))).toBe('ERR_HERMES_BUSY');
  raw.locks.unlock(CONTROL_LOCK_OFFSET);
  removeSegment('ticks', { directory, force: true });
  expect(fs.readdirSync(directory)).toEqual([]);
});
