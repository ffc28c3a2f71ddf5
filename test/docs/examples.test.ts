import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { inspectSegment, listSegments } from '../../src/index.js';
import { RunningCommand } from '../support/running-command.js';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const EXAMPLES = path.join(ROOT, 'examples');
const DOCUMENT = fs.readFileSync(path.join(ROOT, 'docs', 'examples.md'), 'utf8');

const files = fs.readdirSync(EXAMPLES).sort();

/** What a demonstration prints. */
const outputs: Readonly<Record<string, string>> = {
  'request-reply.mjs': "[ 'ONE', 'TWO', 'THREE' ]\nTimeoutError\n",
  'web-server.mjs': '/100: 25\n/1000: 168\n/1000000: 78498\n/many: Ask for /1000: primes below 1000\n',
  'work-queue.mjs': 'a worker ended by SIGKILL\ntask 50 was done by another\n100 results of 100 tasks, sum 338350\n',
};

/** The commands of the document, by file. */
const commands = new Map(
  [...DOCUMENT.matchAll(/^node examples\/(\S+\.mjs)(.*)$/gm)].map(([, file, args]) => [
    file!,
    args!.split('#')[0]!.trim().split(' ').filter(Boolean),
  ]),
);

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
});

function start(file: string, args: readonly string[] = commands.get(file)!): RunningCommand {
  const env = { ...process.env, HERMES_DIR: directory };
  return RunningCommand.start(process.execPath, [path.join(EXAMPLES, file), ...args], { env });
}

/** A clean end, with nothing on stderr and nothing left in the directory, not even a doorbell. */
async function expectCleanEnd(running: RunningCommand): Promise<void> {
  const { code, stderr } = await running.ended;
  expect({ code, stderr, left: fs.readdirSync(directory) }).toEqual({ code: 0, stderr: '', left: [] });
}

test('every example is in the document, with its command, its whole text and its output', () => {
  expect(files).toEqual(Object.keys(outputs));
  expect([...commands.keys()].sort()).toEqual(files);
  const shown = [...DOCUMENT.matchAll(/^<!-- (\S+) -->\n\n?```js\n(.*?)^```\n/gms)];
  expect(shown.map(([, name]) => name).sort()).toEqual(files.map((file) => `examples/${file}`));
  for (const [, name, text] of shown) expect(text, name).toBe(fs.readFileSync(path.join(ROOT, name!), 'utf8'));
  const printed = [...DOCUMENT.matchAll(/^```text\n(.*?)^```\n/gms)].map(([, text]) => text);
  expect(printed.sort()).toEqual(Object.values(outputs).sort());
});

test.each(files)('%s is short enough to be read', (file) => {
  const lineCount = fs.readFileSync(path.join(EXAMPLES, file), 'utf8').split('\n').length - 1;
  expect(lineCount).toBeGreaterThanOrEqual(30);
  expect(lineCount).toBeLessThanOrEqual(80);
});

test.each(files)('%s does what it says, ends by itself and leaves nothing behind', async (file) => {
  const running = start(file);
  await expectCleanEnd(running);
  expect(running.stdout.toString()).toBe(outputs[file]);
});

describe('SIGTERM', () => {
  test.each(['request-reply.mjs', 'work-queue.mjs'])('ends %s in the middle, and nothing is left', async (file) => {
    const running = start(file);
    await until(() => running.hasEnded || running.stdout.length > 0);
    running.signal('SIGTERM');
    await expectCleanEnd(running);
  });

  test('ends the web server, which has answered until then', async () => {
    const running = start('web-server.mjs', []);
    await until(() => running.hasEnded || running.stdout.includes('\n'));
    const address = running.stdout.toString().trim();
    expect(await (await fetch(address)).text()).toBe('168\n');
    expect((await fetch(new URL('/-1', address))).status).toBe(400);
    running.signal('SIGTERM');
    await expectCleanEnd(running);
  });
});

test.each(files)('no child of %s outlives its killed parent', async (file) => {
  const running = start(file, []);
  const living = () =>
    listSegments({ directory })
      .flatMap(({ name }) => inspectSegment(name, { directory }).groups)
      .flatMap(({ members }) => members.filter(({ alive }) => alive));
  await until(() => running.hasEnded || living().length > 1); // itself, and a child
  await running.kill('SIGKILL');
  await until(() => living().length === 0);
});
