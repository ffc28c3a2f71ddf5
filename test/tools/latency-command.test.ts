import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { attachConsumer, attachProducer, BACK_PRESSURED, inspectSegment } from '../../src/index.js';
import type { LatencySummary } from '../../src/tools/report/latency-summary.js';
import type { Outcome, RunningCommand } from '../support/running-command.js';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';
import { CommandLine, jsonLines } from './command-line.js';
import { expectSummary } from './latency-figures.js';
import { type Place, untilMember } from './segment-traffic.js';
import { elementsOf } from './xml.js';

const PAYLOAD = Buffer.alloc(100);
const INTERVAL_MS = 5;

let cli: CommandLine;
let place: Place;
beforeEach(async () => {
  cli = new CommandLine();
  place = { name: 'ticks', directory: cli.directory };
  await cli.runHere(['create', 'ticks', '--capacity', '64KiB']);
});

/** A message every 5 ms, and a consumer that takes it, until the test has finished. */
function startTraffic(): void {
  const producer = attachProducer('ticks', { directory: place.directory });
  const consumer = attachConsumer('ticks', { directory: place.directory });
  const timer = setInterval(() => {
    producer.offer(PAYLOAD);
    consumer.poll(() => {});
  }, INTERVAL_MS);
  onTestFinished(() => {
    clearInterval(timer);
    producer.detach();
    consumer.detach();
  });
}

async function startObserver(...options: string[]): Promise<RunningCommand> {
  const observer = cli.start(['latency', 'ticks', ...options]);
  await untilMember(place, observer.pid, `latency-${observer.pid}`);
  return observer;
}

function summaryOf({ code, stdout, stderr }: Outcome): LatencySummary {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [summary, ...more] = jsonLines<LatencySummary>(stdout);
  expect(more).toEqual([]);
  return summary!;
}

describe('hermes latency', () => {
  test('--count: ends after so many messages, with the documented object', async () => {
    startTraffic();
    const summary = summaryOf(await cli.run(['latency', 'ticks', '--count', '50', '--json']));
    expectSummary(summary, { mode: 'observed', payloadBytes: 100, count: 50 });
  });

  test('--seconds: ends after so long', async () => {
    startTraffic();
    const observer = await startObserver('--seconds', '0.5', '--json');
    const startMs = performance.now();
    const summary = summaryOf(await observer.ended);
    expect(performance.now() - startMs).toBeGreaterThan(300); // it was seen a little after it began
    expectSummary(summary, { mode: 'observed' });
    expect(summary.count).toBeGreaterThan(0);
  });

  test('ends with what it has when it is interrupted', async () => {
    startTraffic();
    const observer = await startObserver('--json');
    await sleep(200);
    expectSummary(summaryOf(await observer.kill('SIGINT')), { mode: 'observed' });
    expect(inspectSegment('ticks', { directory: place.directory }).groups.map(({ name }) => name)).toEqual(['default']);
  });

  test('shows percentiles and a histogram to people', async () => {
    startTraffic();
    const { code, stdout } = await cli.run(['latency', 'ticks', '--count', '20']);
    expect(code).toBe(0);
    expect(stdout.toString()).toMatch(/^observed latency, 20 messages of 100 B$/m);
    expect(stdout.toString()).toMatch(/^ +50 % +[\d.]+ .?s/m);
  });

  test('says so when no message came', async () => {
    const { code, stdout } = await cli.run(['latency', 'ticks', '--seconds', '0.1']);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: expect.stringMatching(/no messages/) });
    const [summary] = jsonLines<LatencySummary>(
      (await cli.run(['latency', 'ticks', '--seconds', '0.1', '--json'])).stdout,
    );
    expect(summary).toMatchObject({ count: 0, min: 0, p50: 0, max: 0, lost: 0 });
  });

  test('refuses a segment without timestamps', async () => {
    await cli.runHere(['create', 'untimed', '--no-timestamps']);
    const { code, stdout, stderr } = await cli.run(['latency', 'untimed', '--count', '1']);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/untimed carries no timestamps/);
  });

  test('never holds producers back, not even while it is stopped, and then counts what it has missed', async () => {
    using producer = attachProducer('ticks', { directory: place.directory });
    using consumer = attachConsumer('ticks', { directory: place.directory });
    const observer = await startObserver('--count', '10', '--json');
    process.kill(observer.pid, 'SIGSTOP');
    const laneCount = 5;
    for (let sent = 0; sent < (laneCount * 65_536) / 160; sent++) {
      expect(producer.offer(PAYLOAD)).not.toBe(BACK_PRESSURED);
      consumer.poll(() => {});
    }
    process.kill(observer.pid, 'SIGCONT');
    await until(() => {
      producer.offer(PAYLOAD);
      consumer.poll(() => {});
      return observer.hasEnded;
    });
    const summary = summaryOf(await observer.ended);
    expectSummary(summary, { count: 10 });
    expect(summary.lost).toBeGreaterThan(1000);
  });
});

test('--idle, --hgrm and --svg are those of the bench', async () => {
  const directory = scratchDirectory();
  const [hgrm, svg] = ['seen.hgrm', 'seen.svg'].map((name) => path.join(directory, name)) as [string, string];
  startTraffic();
  const options = ['--count', '20', '--idle', 'balanced', '--json', '--hgrm', hgrm, '--svg', svg];
  const { code, stdout, stderr } = await cli.run(['latency', 'ticks', ...options]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: `Wrote ${hgrm}.\nWrote ${svg}.\n` });
  expect(jsonLines(stdout)).toMatchObject([{ count: 20, idle: 'balanced' }]);
  expect(fs.readFileSync(hgrm, 'utf8')).toMatch(/Total count .*20\]/);
  expect(elementsOf(fs.readFileSync(svg, 'utf8'))[0]).toBe('svg');
});
