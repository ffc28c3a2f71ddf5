import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { notifyServiceManager } from '../../src/os/notify-socket.js';
import { DatagramReceiver } from '../support/datagram-receiver.js';
import { scratchDirectory } from '../support/scratch.js';
import { thrownBy } from '../support/thrown.js';

const openDescriptors = () => fs.readdirSync('/proc/self/fd').length;

test.each(['a path', 'an abstract name'])('sends one datagram to %s, and closes its socket', async (kind) => {
  const file = path.join(scratchDirectory(), 'notify');
  const isAbstract = kind !== 'a path';
  const receiver = new DatagramReceiver(isAbstract ? `\0${file}` : file);
  const before = openDescriptors();
  expect(notifyServiceManager(['READY=1', 'STATUS=Zwölf Segmente'], isAbstract ? `@${file}` : file)).toBe(true);
  expect(openDescriptors()).toBe(before);
  expect(await receiver.next()).toBe('READY=1\nSTATUS=Zwölf Segmente');
});

test('sends nothing where nobody listens to it', () => {
  expect(notifyServiceManager(['READY=1'], '')).toBe(false);
});

test.each([
  ['relative/path', 'ERR_HERMES_INVALID_OPTION', /NOTIFY_SOCKET is relative/],
  [`/${'x'.repeat(107)}`, 'ERR_HERMES_INVALID_OPTION', /at most 107 bytes/],
  ['/nowhere/notify', 'ERR_HERMES_SYSTEM', /NOTIFY_SOCKET \/nowhere\/notify: ENOENT/],
  ['@hermes-test-nobody', 'ERR_HERMES_SYSTEM', /ECONNREFUSED/],
])('says what is wrong with %s', (socket, code, message) => {
  const before = openDescriptors();
  const error = thrownBy(() => notifyServiceManager(['READY=1'], socket));
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(openDescriptors()).toBe(before);
});
