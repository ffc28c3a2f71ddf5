import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { onTestFinished, vi } from 'vitest';
import { BOOT_ID_OFFSET, ID_LENGTH, PREAMBLE_CHECKSUM_OFFSET, PREAMBLE_LENGTH } from '../../src/layout/preamble.js';

const EXT4 = 0xef53;

/** Makes a segment look as if it had been created under another boot id: before a start of the machine, or in a container. */
export function forgeBootId(file: string): void {
  const fd = fs.openSync(file, 'r+');
  const page = Buffer.alloc(PREAMBLE_LENGTH);
  fs.readSync(fd, page, 0, page.length, 0);
  page.fill(0xab, BOOT_ID_OFFSET, BOOT_ID_OFFSET + ID_LENGTH);
  page.writeUInt32LE(crc32(page.subarray(0, PREAMBLE_CHECKSUM_OFFSET)), PREAMBLE_CHECKSUM_OFFSET);
  fs.writeSync(fd, page, 0, page.length, 0);
  fs.closeSync(fd);
}

/** Until the test has finished, all file systems look to this process as if they were on a disk, and outlived a boot. */
export function pretendOnDisk(): void {
  const { statfsSync } = fs;
  const spy = vi.spyOn(fs, 'statfsSync').mockImplementation(((file: fs.PathLike) => ({
    ...statfsSync(file),
    type: EXT4,
  })) as typeof statfsSync);
  onTestFinished(() => spy.mockRestore());
}
