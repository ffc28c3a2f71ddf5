import { beforeEach, describe, expect, test } from 'vitest';
import { createSegment } from '../../src/index.js';
import { until } from '../support/until.js';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});

describe('--wait', () => {
  test('lets both sides start before the segment is there, and says what it waits for', async () => {
    const consuming = cli.start(['consume', 'jobs', '--group', 'workers', '--count', '2', '--wait']);
    let errors = '';
    consuming.process.stderr!.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const producing = cli.start(['produce', 'jobs', '--wait', '5m']);
    producing.process.stdin!.end('one\ntwo\n');
    await until(() => errors !== '' || consuming.hasEnded);
    expect(errors).toMatch(/^Waiting: There is no segment jobs in .*\n$/);
    createSegment('jobs', { ...cli, groups: { workers: { shared: true } } });
    expect(await producing.ended).toMatchObject({ code: 0 });
    const { code, stdout } = await consuming.ended;
    expect({ code, output: stdout.toString() }).toEqual({ code: 0, output: 'one\ntwo\n' });
  });

  test('is ended by SIGTERM', async () => {
    const consuming = cli.start(['consume', 'jobs', '--wait']);
    await new Promise((resolve) => consuming.process.stderr!.once('data', resolve));
    expect(await consuming.kill('SIGTERM')).toMatchObject({ code: 0, signal: null });
  });

  test.each([['consume'], ['latency'], ['produce'], ['record', '--to', '/dev/shm/hermes-test-none']])(
    'of %s ends with the error of the last look',
    async (command, ...more) => {
      const { code, stderr } = await cli.runHere([command!, 'jobs', ...more, '--wait', '50ms']);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/^hermes: ERR_HERMES_SEGMENT_NOT_FOUND/),
      });
    },
  );

  test.each(['10', '1x', '-1s', 'jobs', '1e3s'])('%j is no time', async (time) => {
    const { code, stderr } = await cli.runHere(['consume', 'jobs', `--wait=${time}`]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/wait is .*such as 500ms, 10s or 2m/) });
  });
});
