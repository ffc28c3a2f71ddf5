import { HERMES, MESSAGE_PORT, NATIVE, NATS, REDIS, UNIX_SOCKET, ZEROMQ } from '../contestants/names.js';
import type { Section, Table } from './section.js';

/** Hermes, the native limit, and what a program would be made of without Hermes. */
const COLUMNS = [HERMES, NATIVE, UNIX_SOCKET, MESSAGE_PORT, ZEROMQ, NATS, REDIS];

/** What comes first: how long a message takes and how many there are in a second, of Hermes and of some others. */
export function summaryTable(sections: readonly Section[]): Table | undefined {
  const highlights = sections.flatMap(({ highlight }) => highlight ?? []);
  const columns = COLUMNS.filter((name) => highlights.some(({ figures }) => name in figures));
  if (highlights.length === 0 || columns.length === 0) return undefined;
  return {
    header: ['64-byte messages between two processes', ...columns],
    rows: highlights.map(({ what, figures }) => [what, ...columns.map((name) => figures[name] ?? '—')]),
  };
}

/** What Hermes does, in a few sentences. */
export function summaryLead(sections: readonly Section[]): string {
  return sections.flatMap(({ lead }) => lead ?? []).join(' ');
}

/** The sentences that go with the table. */
export function summaryNotes(sections: readonly Section[]): readonly string[] {
  return sections.flatMap(({ notes }) => notes ?? []);
}
