import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { DatagramReceiver } from '../support/datagram-receiver.js';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';
import { CommandLine } from './command-line.js';

test('hermes coordinator tells systemd when it is ready, reads its file again, and ends', async () => {
  const cli = new CommandLine();
  const directory = scratchDirectory();
  const [config, socket] = [path.join(directory, 'hermes.json'), path.join(directory, 'notify')];
  const declare = (...names: string[]) => {
    const segments = names.map((name) => [name, { producers: 1, capacity: '64KiB', groups: { workers: {} } }]);
    fs.writeFileSync(config, JSON.stringify({ segments: Object.fromEntries(segments) }));
  };
  declare('jobs');
  const manager = new DatagramReceiver(socket);
  const running = cli.start(['coordinator', '--config', config], { env: { NOTIFY_SOCKET: socket } });
  expect(await manager.next()).toBe('READY=1\nSTATUS=Segments: jobs (created).');
  expect(cli.files).toContain('jobs'); // whoever is started now finds it

  declare('jobs', 'more');
  running.signal('SIGHUP');
  const [, microseconds] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(await manager.next()) ?? [];
  expect(Number(microseconds)).toBeLessThanOrEqual(Number(process.hrtime.bigint() / 1000n));
  expect(await manager.next()).toBe('READY=1\nSTATUS=Segments: jobs (created), more (created).');

  fs.writeFileSync(config, '{');
  running.signal('SIGHUP');
  expect(await manager.next()).toMatch(/^RELOADING=1\n/);
  expect(await manager.next()).toMatch(/^READY=1\n/); // it goes on with what it has

  expect(await running.kill('SIGTERM')).toMatchObject({ code: 0 });
  expect(await manager.next()).toBe('STOPPING=1');
});

test('a service manager that cannot be told ends nothing', async () => {
  const cli = new CommandLine();
  const running = cli.start(['coordinator'], { env: { NOTIFY_SOCKET: '/nowhere/notify' } });
  let errors = '';
  running.process.stderr!.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  await until(() => errors.includes('Coordinating') || running.hasEnded);
  const { code, stderr } = await running.kill('SIGTERM');
  expect(code).toBe(0);
  expect(stderr).toMatch(/systemd was not told READY=1: .*ENOENT/);
});
