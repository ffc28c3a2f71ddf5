import fs from 'node:fs';
import { expect, test } from 'vitest';
import { syncFile, syncFileInBackground } from '../../src/os/sync-file.js';
import { rejectionOf } from '../support/rejected.js';
import { scratchDirectory } from '../support/scratch.js';
import { thrownBy } from '../support/thrown.js';

test.each(['fdatasync', 'fsync'] as const)(
  '%s of what cannot be synced is an error that names it, on either thread',
  async (call) => {
    const directory = scratchDirectory();
    const fd = fs.openSync(directory, 'r');
    syncFile(call, fd, 'the directory');
    await syncFileInBackground(call, fd, 'the directory');
    fs.closeSync(fd);
    const expected = { code: 'ERR_HERMES_SYSTEM', message: expect.stringContaining('sync the directory: EBADF') };
    expect(thrownBy(() => syncFile(call, fd, 'the directory'))).toMatchObject(expected);
    const failures = [1, 2, 3].map(() => rejectionOf(syncFileInBackground(call, fd, 'the directory')));
    for (const failure of await Promise.all(failures)) expect(failure).toMatchObject(expected);
  },
);
