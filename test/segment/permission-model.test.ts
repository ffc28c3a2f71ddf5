import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { attachRecorder, createSegment } from '../../src/index.js';
import { systemError } from '../../src/os/system-error.js';
import { scratchDirectory } from '../support/scratch.js';

const SOURCES = new URL('../../src/', import.meta.url).href;
/** Its older name, of Node 20 and 22, is kept as an alias, with a warning. */
const FLAG = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
const ALL_FILES = ['--allow-fs-read=*', '--allow-fs-write=*'];
/** Newer Nodes let sockets, and so FIFOs in the event loop, count as the net. */
const HAS_NET = process.allowedNodeEnvironmentFlags.has('--allow-net');

/** Runs a module under the permission model; `'hermes:…'` in it stands for a compiled file of `src`. The lines that it prints. */
function run(flags: readonly string[], module: string, directory: string): string[] {
  const text = module.replaceAll(/'hermes:([^']+)'/g, (_, file) => JSON.stringify(SOURCES + file));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [FLAG, ...flags, '--input-type=module', '-e', text, directory],
    { encoding: 'utf8' },
  );
  return stdout === '' ? [stderr] : stdout.trimEnd().split('\n');
}

const SHAPE = { producers: 4, maxGroups: 3, members: 1, capacity: 65_536, maxPayload: 1000 };

/** Does everything there is to do, and prints what fails, and every warning of ours. */
const EVERYTHING = `
  import * as hermes from 'hermes:index.js';
  const directory = process.argv[1];
  process.on('warning', ({ code, message }) => { if (/HERMES/.test(code)) console.log(message); });
  async function step(name, action) {
    try {
      return await action();
    } catch (error) {
      console.log(name, error.name, error.code, error.message);
    }
  }
  const options = { directory, idle: 'doorbell' };
  await step('create', () => hermes.createSegment('ticks', { ...${JSON.stringify(SHAPE)}, directory }));
  const producer = await step('producer', () => hermes.attachProducer('ticks', options));
  const consumer = await step('consumer', () => hermes.attachConsumer('ticks', options));
  const offered = [1, 2, 3].map((n) => Buffer.alloc(1000, n));
  await step('poll', () => { producer.offerBatch(offered); consumer.poll(() => {}); });
  await step('wait', () => consumer.wait({ timeout: 5 }));
  await step('waitAsync', () => consumer.waitAsync({ timeout: 5 }));
  await step('for await', async () => {
    setTimeout(() => producer.offer(offered[0]), 5);
    for await (const message of consumer) break;
    consumer.poll(() => {});
  });
  await step('send and flush', async () => {
    setTimeout(() => consumer.poll(() => {}), 5);
    await producer.send(offered[0]);
    await producer.flush();
  });
  await step('coordinator', () => new hermes.Coordinator({ directory, segments: { other: ${JSON.stringify(SHAPE)} } }).stop());
  await step('recorder', async () => {
    const recorder = hermes.attachRecorder('ticks', { directory, to: directory + '/journal', sync: 'interval', syncIntervalMs: 1, fileLength: 131072 });
    for (let i = 0; i < 200; i++) {
      producer.offer(offered[0]);
      consumer.poll(() => {});
      recorder.record();
      if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    recorder.detach();
  });
  await step('producer’s journal', () => {
    const journal = { directory: directory + '/own', sync: 'every', fileLength: 131072 };
    const journaled = hermes.attachProducer('ticks', { directory, journal });
    for (let i = 0; i < 200; i++) { journaled.offer(offered[0]); consumer.poll(() => {}); }
    journaled.detach();
  });
  await step('journal', async () => {
    const reader = hermes.openJournal(directory + '/journal');
    let count = 0;
    for (let read; (read = reader.read(() => {})) > 0; ) count += read;
    reader.close();
    if (count !== 200) console.log('recorded', count);
    hermes.verifyJournal(directory + '/journal');
    await hermes.replayInto(directory + '/own', 'other', { directory });
    hermes.pruneJournal(directory + '/journal', { keepBytes: 0 });
  });
  await step('inspect', () => { hermes.inspectSegment('ticks', { directory }); hermes.listSegments({ directory }); });
  await step('remove', () => {
    producer.detach();
    consumer.detach();
    hermes.removeGroup('ticks', 'journal', { directory });
    hermes.removeSegment('ticks', { directory });
  });
  console.log('done');
  process.exit();`;

describe('under the permission model of Node', () => {
  test('with all rights, everything works', () => {
    const flags = ['--allow-addons', ...ALL_FILES, ...(HAS_NET ? ['--allow-net'] : [])];
    expect(run(flags, EVERYTHING, scratchDirectory())).toEqual(['done']);
  });

  test.runIf(HAS_NET)('without the net everything works, and a warning names the flag that makes wake-ups fast', () => {
    const lines = run(['--allow-addons', ...ALL_FILES], EVERYTHING, scratchDirectory());
    expect(lines).toEqual([expect.stringMatching(/every 250 ms.*--allow-net/), 'done']);
  });

  const modules = path.join(new URL('../../../', import.meta.url).pathname, '*');
  test.each([
    ['--allow-addons', ALL_FILES],
    ['--allow-fs-write', ['--allow-addons', '--allow-fs-read=*']],
    ['--allow-fs-read', ['--allow-addons', `--allow-fs-read=${modules}`, '--allow-fs-write=*']],
  ])('without %s, each call tells that it is missing', (missing, flags) => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SHAPE, directory });
    attachRecorder('ticks', { directory, to: path.join(directory, 'journal'), fileLength: 131_072 }).detach();
    const calls = [
      `attachProducer('ticks', options)`,
      `attachConsumer('ticks', options)`,
      `createSegment('other', options)`,
      `removeSegment('ticks', options)`,
      `attachRecorder('ticks', { ...options, to: directory + '/another' })`,
      `new hermes.Coordinator({ directory, segments: { other: {} } })`,
    ];
    const lines = run(
      flags,
      `import * as hermes from 'hermes:index.js';
       const directory = process.argv[1];
       const options = { directory };
       for (const call of [${calls.map((call) => `() => ${call.startsWith('new') ? call : `hermes.${call}`}`).join(', ')}]) {
         try { call(); console.log('done'); } catch ({ name, code, message }) { console.log(name, code, message.replaceAll('\\n', ' ')); }
       }
       process.exit();`,
      directory,
    );
    expect(lines).toHaveLength(calls.length);
    for (const line of lines) {
      expect(line).toMatch(/^HermesError ERR_HERMES_PERMISSION /);
      expect(line).toContain(missing);
    }
    expect(fs.existsSync(path.join(directory, 'ticks'))).toBe(true);
  });

  test('a call that it has no flag for says so', () => {
    const cause = Object.assign(new Error('chmod API is disabled'), { code: 'ERR_ACCESS_DENIED' });
    const error = systemError('set', 'it', cause.code, cause);
    expect(error.code).toBe('ERR_HERMES_PERMISSION');
    expect(error.message).toContain('chmod API is disabled');
  });
});
