import { errnoName, libc } from './libc.js';
import { systemError } from './system-error.js';

/** What to sync: the bytes of a file, with what is needed to read them again; or all of it, such as the names in a directory. */
type SyncCall = 'fdatasync' | 'fsync';

/**
 * Waits until what was written is on the disk. Done by the C library, because Node's permission model has no `fdatasync`. `subject` is for the
 * error. @throws HermesError
 */
export function syncFile(call: SyncCall, fd: number, subject: string): void {
  if (libc()[call](fd) !== 0) throw systemError('sync', subject, errnoName(libc().errno()));
}

/** The same on another thread. @throws (rejects) HermesError */
export function syncFileInBackground(call: SyncCall, fd: number, subject: string): Promise<void> {
  return new Promise((resolve, reject) => {
    libc().inBackground[call](fd, (_, result) => {
      if (result === 0) resolve();
      else reject(systemError('sync', subject, errnoName(libc().errno())));
    });
  });
}
