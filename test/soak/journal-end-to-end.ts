import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createSegment } from '../../src/index.js';
import type { Role, SoakReport, SoakRole } from '../programs/soak-role.js';
import { Program } from '../support/program.js';
import { endAllProcesses } from '../support/started-process.js';

// Producer → segment → recorder → journal → replay → segment → consumer, each a process of its own: the SHA-256 of each
// lane's stream is equal at both ends, and the memory of recorder and replay stays flat.
//   node dist/test/soak/journal-end-to-end.js [messages] [directory]
// Under a limit of memory: start it in a control group, such as
//   systemd-run --scope -p MemoryMax=300M node dist/test/soak/journal-end-to-end.js

const LANES = 2;
const [COUNT, ROOT] = [Number(process.argv[2] ?? 10_000_000), process.argv[3] ?? os.tmpdir()];
const SHAPE = { producers: LANES, maxGroups: 2, members: 1, capacity: 4 * 1024 ** 2 };

await main();

async function main(): Promise<void> {
  const directory = fs.mkdtempSync('/dev/shm/hermes-soak-');
  const disk = fs.mkdtempSync(path.join(ROOT, 'hermes-soak-'));
  const journal = path.join(disk, 'journal');
  const start = (role: Role) => {
    const program = Program.start('soak-role');
    program.command({ role, directory, journal, laneCount: LANES, count: COUNT } satisfies SoakRole);
    return program.next<SoakReport>('done');
  };
  try {
    for (const name of ['in', 'out']) createSegment(name, { ...SHAPE, directory });
    const [recorded, produced] = await Promise.all([start('record'), start('produce')]);
    const [replayed, consumed] = await Promise.all([start('replay'), start('consume')]);
    const bytes = fs.readdirSync(journal).reduce((sum, name) => sum + fs.statSync(path.join(journal, name)).size, 0);
    const reports = { produced, recorded, replayed, consumed };
    for (const [name, { seconds, ownMib, residentMib }] of Object.entries(reports))
      console.log(
        `${name}: ${seconds.toFixed(1)} s, ${ownMib.toFixed(0)} MiB of its own, ${residentMib.toFixed(0)} MiB with mapped files`,
      );
    console.log(`${COUNT} messages, a journal of ${(bytes / 1024 ** 2).toFixed(0)} MiB`);
    console.log('sent    ', produced.lanes);
    console.log('received', consumed.lanes);
    const equal = JSON.stringify(produced.lanes) === JSON.stringify(consumed.lanes);
    console.log(equal ? 'Every lane is equal end to end.' : 'THE LANES DIFFER.');
    process.exitCode = equal ? 0 : 1;
  } finally {
    await endAllProcesses();
    fs.rmSync(directory, { recursive: true });
    fs.rmSync(disk, { recursive: true });
  }
}
