import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { attachProducer, createSegment, inspectJournal } from '../../src/index.js';
import { type Outcome, RunningCommand } from '../support/running-command.js';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DOCUMENT = fs.readFileSync(path.join(ROOT, 'docs', 'journal.md'), 'utf8');
const LANES = 3;
const COUNT = 1200;
/** Bytes: the document begins at a position of 1 MiB. */
const PAYLOAD_LENGTH = 350;

function blocks(language: string): string[] {
  return [...DOCUMENT.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!);
}

let directory: string;
let journals: string;
let modules: string;
let sent: string[];
beforeEach(() => {
  directory = scratchDirectory();
  journals = path.join(directory, '.journals');
  fs.mkdirSync(journals);
  // Within the package, so that it finds itself by its name.
  modules = fs.mkdtempSync(path.join(ROOT, 'dist', 'journal-'));
  onTestFinished(() => fs.rmSync(modules, { recursive: true, force: true }));
  for (const name of ['ticks', 'again']) createSegment(name, { directory, producers: LANES + 1 });
  const producers = Array.from({ length: LANES }, () => attachProducer('ticks', { directory }));
  sent = [];
  for (const producer of producers) {
    for (let i = 0; i < COUNT; i++) {
      const text = `${producer.lane} ${i} `.padEnd(PAYLOAD_LENGTH, '.');
      producer.offer(Buffer.from(text));
      sent.push(text);
    }
    producer.detach();
  }
});

const inScratch = (text: string) => text.replaceAll('/var/lib', journals);
const env = () => ({ ...process.env, HERMES_DIR: directory });

function runModule(code: string): Promise<Outcome> {
  const module = path.join(modules, `${fs.readdirSync(modules).length}.mjs`);
  fs.writeFileSync(module, inScratch(code));
  return RunningCommand.start(process.execPath, [module], { env: env() }).ended;
}

function runLine(line: string): RunningCommand {
  const command = inScratch(line).replace(/^hermes/, 'exec "$NODE" "$HERMES"');
  const variables = { ...env(), NODE: process.execPath, HERMES: path.join(ROOT, 'bin/hermes.js') };
  return RunningCommand.start('sh', ['-c', command], { cwd: journals, env: variables });
}

const recordedCount = () => {
  const journal = path.join(journals, 'ticks');
  if (!fs.existsSync(path.join(journal, `${'0'.repeat(20)}.journal`))) return 0;
  return inspectJournal(journal).lanes.reduce((sum, { nextSequence }) => sum + nextSequence, 0);
};

/** What is recorded and followed goes on until it is told to end. */
async function untilEnd(line: string, running: RunningCommand): Promise<Outcome> {
  const isRecorded = () => recordedCount() === LANES * COUNT;
  const isRead = () => running.stdout.length > 0;
  const isDone = line.includes(' record ') ? isRecorded : line.includes('--follow') ? isRead : undefined;
  if (isDone !== undefined) {
    await until(() => running.hasEnded || isDone());
    running.signal('SIGINT');
  }
  return running.ended;
}

describe('docs/journal.md', () => {
  test('its command lines work one after the other', async () => {
    const lines = blocks('sh').join('').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(9);
    for (const line of lines) {
      expect(line).toMatch(/^hermes /);
      const { code, stderr } = await untilEnd(line, runLine(line));
      expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: expect.not.stringMatching(/^hermes:/m) });
    }
    const all = fs.readFileSync(path.join(journals, 'all.log'), 'utf8').trimEnd().split('\n');
    expect(all.sort()).toEqual(sent.sort());
  });

  test('its JavaScript works one after the other', async () => {
    const [recorder, producer, reader, ...more] = blocks('js');
    expect(more).toEqual([]);
    const silent = { code: 0, stdout: '', stderr: '' };
    for (const code of [recorder!, producer!]) {
      const outcome = await runModule(code);
      expect({ ...outcome, stdout: outcome.stdout.toString() }).toMatchObject(silent);
    }
    expect(recordedCount()).toBe(LANES * COUNT);
    expect(inspectJournal(path.join(journals, 'ticks-3')).lanes).toHaveLength(1);
    const { code, stdout, stderr } = await runModule(reader!);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.toString().trimEnd().split('\n');
    expect(lines[0]).toBe('2 1000');
    expect(lines.at(-1)).toMatch(/^\d 1199$/);
  });
});
