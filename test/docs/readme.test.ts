import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { inspectSegment } from '../../src/index.js';
import { type Outcome, RunningCommand } from '../support/running-command.js';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';
import { untilMember } from '../tools/segment-traffic.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const README = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');

/** The code blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!);
}

/** The one block of a language that has this in it. */
function blockWith(language: string, text: string): string {
  const found = blocks(language).filter((code) => code.includes(text));
  expect(found).toHaveLength(1);
  return found[0]!;
}

describe('the JavaScript of the README', () => {
  let directory: string;
  let modules: string;
  beforeEach(() => {
    directory = scratchDirectory();
    // Within the package, so that it finds itself by its name.
    modules = fs.mkdtempSync(path.join(ROOT, 'dist', 'readme-'));
    onTestFinished(() => fs.rmSync(modules, { recursive: true, force: true }));
  });

  /** Starts a block as a module of its own, in a process of its own. */
  function start(code: string): RunningCommand {
    const module = path.join(modules, `${fs.readdirSync(modules).length}.mjs`);
    fs.writeFileSync(module, code);
    return RunningCommand.start(process.execPath, [module], { env: { ...process.env, HERMES_DIR: directory } });
  }

  /**
   * Starts a worker that writes to a file: at once, and not through a pipe, which Node fills from memory that dies with the process
   * when nobody reads for a moment.
   */
  function startWorker(): Worker {
    const module = path.join(modules, `${fs.readdirSync(modules).length}.mjs`);
    fs.writeFileSync(module, worker);
    const output = `${module}.out`;
    const fd = fs.openSync(output, 'w');
    try {
      const env = { ...process.env, HERMES_DIR: directory };
      return {
        output,
        running: RunningCommand.start(process.execPath, [module], { env, stdio: ['pipe', fd, 'pipe'] }),
      };
    } finally {
      fs.closeSync(fd);
    }
  }

  function expectSilent({ code, stdout, stderr }: Outcome): void {
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  }

  const creator = blockWith('js', "ensureSegment('ticks'");
  const producer = blockWith('js', "attachProducer('ticks'");
  const sleeper = blockWith('js', 'for await (const message of consumer)');
  const poller = blockWith('js', 'consumer.poll(');
  const boss = blockWith('js', "attachProducer('jobs'");
  const worker = blockWith('js', "attachConsumer('jobs'");

  /** The sleeping consumer runs until it is told to end. */
  async function endSleeper(consuming: RunningCommand): Promise<Outcome> {
    await until(() => consuming.hasEnded || consuming.stdout.toString().split('\n').length > 3);
    return consuming.kill('SIGTERM');
  }

  function expectPrices({ code, stdout, stderr }: Outcome): void {
    const prices = '0 EURUSD 1\n1 EURUSD 2\n2 EURUSD 3\n';
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: prices, stderr: '' });
  }

  test('is all run here', () => {
    expect(blocks('js')).toEqual([creator, producer, sleeper, poller, boss, worker]);
  });

  test('hands every job of the work queue to a worker, whenever workers start, end, are killed and start again', async () => {
    const early = startWorker(); // before there is a segment
    const sending = start(boss);
    await until(() => fs.statSync(early.output).size > 10_000); // in the middle of the jobs
    sending.signal('SIGSTOP');
    const late = startWorker();
    await untilMember({ name: 'jobs', directory }, late.running.pid, 'workers');
    sending.signal('SIGCONT');
    expect((await early.running.kill('SIGKILL')).signal).toBe('SIGKILL');
    const again = startWorker();
    expectSilent(await sending.ended);
    await untilAllDone([early, late, again]); // what is in a worker's hands when that ends would be the next one's
    for (const { running } of [late, again])
      expect(await running.kill('SIGTERM')).toMatchObject({ code: 0, stderr: '' });

    const secondSending = start(boss); // there is nobody to take it
    await until(() => inspectSegment('jobs', { directory }).groups[0]!.lagLength > 1_000_000);
    const afterwards = startWorker();
    expectSilent(await secondSending.ended);
    await untilAllDone([afterwards]);
    expect(await afterwards.running.kill('SIGTERM')).toMatchObject({ code: 0, stderr: '' });
  });

  test('does what it says: create, then produce, then consume', async () => {
    for (const code of [creator, producer]) expectSilent(await start(code).ended);
    expectPrices(await start(poller).ended);
  });

  test('does what it says with a consumer that sleeps', async () => {
    expectSilent(await start(creator).ended);
    const consuming = start(sleeper);
    await untilMember({ name: 'ticks', directory }, consuming.pid);
    expectSilent(await start(producer).ended);
    expectPrices(await endSleeper(consuming));
  });

  test('does what it says when the consumer is there first', async () => {
    expectSilent(await start(creator).ended);
    const consuming = start(poller);
    await untilMember({ name: 'ticks', directory }, consuming.pid);
    expectSilent(await start(producer).ended);
    expectPrices(await consuming.ended);
  });
});

const JOBS = 100_000;

/** A worker, and the file that holds the numbers of the jobs that it has done. */
interface Worker {
  readonly running: RunningCommand;
  readonly output: string;
}

/** Waits until every job was printed, by whatever worker, once at least. */
async function untilAllDone(workers: readonly Worker[]): Promise<void> {
  const done = () => {
    const numbers = workers.flatMap(({ output }) => fs.readFileSync(output, 'utf8').trimEnd().split('\n').map(Number));
    return new Set(numbers.filter((number) => number >= 1 && number <= JOBS)).size;
  };
  await until(() => done() >= JOBS, 250);
}

describe('the command lines of the README', () => {
  const ACCESS_LOG = Array.from({ length: 500 }, (_, number) => `GET /${number} 200\n`).join('');

  test('work one after the other', async () => {
    const directory = scratchDirectory();
    const segments = path.join(directory, 'segments');
    fs.writeFileSync(path.join(directory, 'access.log'), ACCESS_LOG);
    fs.writeFileSync(path.join(directory, 'hermes.json'), '{ "segments": { "ticks": {} } }');
    const env = {
      ...process.env,
      HERMES_DIR: segments,
      NODE: process.execPath,
      HERMES: path.join(ROOT, 'bin/hermes.js'),
    };
    const lines = blockWith('sh', 'hermes create').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) {
      expect(line).toMatch(/^hermes /);
      const command = line.replace('hermes', 'exec "$NODE" "$HERMES"').replace('bench latency', '$& --messages 500');
      const running = RunningCommand.start('sh', ['-c', command], { cwd: directory, env });
      if (line.startsWith('hermes coordinator')) {
        await until(() => running.hasEnded || fs.existsSync(path.join(segments, 'ticks')));
        running.signal('SIGTERM'); // it runs until it is told to end
      }
      const { code, stderr } = await running.ended;
      expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: expect.not.stringMatching(/^hermes:/m) });
    }
    expect(fs.readFileSync(path.join(directory, 'copy.log'), 'utf8')).toBe(ACCESS_LOG);
    expect(fs.readFileSync(path.join(directory, 'latency.svg'), 'utf8')).toMatch(/^<svg /);
  });
});

describe('the links of the documents', () => {
  const documents = [
    ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
    ...fs.readdirSync(path.join(ROOT, 'docs')).map((name) => path.join('docs', name)),
  ].filter((name) => name.endsWith('.md') && fs.existsSync(path.join(ROOT, name)));

  const read = (document: string) =>
    fs.readFileSync(path.join(ROOT, document), 'utf8').replaceAll(/^```.*?^```/gms, '');

  /** The anchors that headings get on GitHub. */
  const anchorsOf = (text: string) =>
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    );

  test.each(documents)('of %s lead to files and headings that exist', (document) => {
    const targets = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const broken = targets
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const linked = file === '' ? document : path.join(path.dirname(document), file);
        if (!fs.existsSync(path.join(ROOT, linked))) return true;
        return anchor !== undefined && !anchorsOf(read(linked)).includes(anchor);
      });
    expect(broken).toEqual([]);
  });
});
