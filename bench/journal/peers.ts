import { createRequire } from 'node:module';
import path from 'node:path';
import type { Contestant } from './append.js';

// What one would use otherwise. lmdb is installed by `npm run bench`; whatever is missing is left out.

const requirePeer = createRequire(new URL('../../../bench/package.json', import.meta.url));

interface Lmdb {
  open(options: object): LmdbDatabase;
}
interface LmdbDatabase {
  transactionSync(action: () => void): void;
  putSync(key: number, value: Uint8Array): void;
  close(): Promise<void>;
}

interface Sqlite {
  exec(sql: string): void;
  prepare(sql: string): { run(...values: unknown[]): void };
  close(): void;
}

/** Messages in a transaction, as many as a recorder acknowledges together. */
const TRANSACTION_COUNT = 1024;

/** Nothing is synced by any of them, as nothing is by the journal. */
export function peers(): Contestant[] {
  return [lmdb(), sqlite()].filter((peer) => peer !== undefined);
}

function lmdb(): Contestant | undefined {
  const found = tryRequire('lmdb') as Lmdb | undefined;
  if (found === undefined) return undefined;
  return {
    name: 'lmdb, putSync, 1024 a transaction',
    async append(directory, payload, count) {
      const database = found.open({
        path: path.join(directory, 'lmdb'),
        noSync: true,
        encoding: 'binary',
        keyEncoding: 'uint32',
      });
      const startNs = process.hrtime.bigint();
      for (let next = 0; next < count; ) {
        database.transactionSync(() => {
          for (const end = Math.min(next + TRANSACTION_COUNT, count); next < end; next++)
            database.putSync(next, payload);
        });
      }
      const ns = Number(process.hrtime.bigint() - startNs);
      await database.close();
      return ns;
    },
  };
}

function sqlite(): Contestant | undefined {
  const open = sqliteOpener();
  if (open === undefined) return undefined;
  return {
    name: 'SQLite, INSERT, 1024 a transaction',
    async append(directory, payload, count) {
      const database = open(path.join(directory, 'sqlite'));
      database.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE messages (sequence INTEGER PRIMARY KEY, payload BLOB)',
      );
      const insert = database.prepare('INSERT INTO messages VALUES (?, ?)');
      const startNs = process.hrtime.bigint();
      for (let next = 0; next < count; ) {
        database.exec('BEGIN');
        for (const end = Math.min(next + TRANSACTION_COUNT, count); next < end; next++) insert.run(next, payload);
        database.exec('COMMIT');
      }
      const ns = Number(process.hrtime.bigint() - startNs);
      database.close();
      return ns;
    },
  };
}

/** Node's own from 22.5 on, or better-sqlite3. */
function sqliteOpener(): ((file: string) => Sqlite) | undefined {
  const own = tryRequire('node:sqlite') as { DatabaseSync: new (file: string) => Sqlite } | undefined;
  if (own !== undefined) return (file) => new own.DatabaseSync(file);
  const better = tryRequire('better-sqlite3') as (new (file: string) => Sqlite) | undefined;
  try {
    new better!(':memory:').close();
    return (file) => new better!(file);
  } catch {
    return undefined; // not installed, or its binary is not
  }
}

function tryRequire(name: string): unknown {
  try {
    return requirePeer(name);
  } catch {
    return undefined;
  }
}
