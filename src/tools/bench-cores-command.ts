import type { CoresReport } from './bench/cores.js';
import { type Command, defineCommand, UsageError } from './command.js';
import { CPUS_OPTION, parseCpus } from './cpu-option.js';
import { heading, json, say, writeData } from './output.js';
import { formatNs } from './report/duration-format.js';
import { textTable } from './text-table.js';

/** More pairs than this are measured only if they are asked for: each takes about half a second. */
const MOST_PAIRS = 120;

export const benchCoresCommand: Command = defineCommand({
  command: 'cores',
  describe: 'How near each two of the cores are: round trips between pinned processes, and the best pair',
  options: {
    cpu: CPUS_OPTION,
    messages: { type: 'number', default: 100_000, describe: 'Round trips of each pair' },
    json: { type: 'boolean', default: false, describe: 'One object' },
  },
  examples: {
    '$0 bench cores': 'a table of all pairs; then pin: --cpu of produce and consume, { cpu } of attachConsumer',
    '$0 bench cores --cpu 0,8,16-19': 'of these only',
  },
  async handler(argv, interrupted) {
    const { measureCores } = await import('./bench/cores.js');
    if (!Number.isInteger(argv.messages) || argv.messages < 1)
      throw new UsageError(`--messages is ${argv.messages}: give a whole number from 1`);
    const cpus = parseCpus(argv.cpu);
    const pairCount = (cpus.length * (cpus.length - 1)) / 2;
    if (pairCount === 0) throw new UsageError(`There is CPU ${cpus.join()} alone: a round trip takes two`);
    if (argv.cpu === undefined && pairCount > MOST_PAIRS)
      throw new UsageError(
        `${cpus.length} CPUs make ${pairCount} pairs, of half a second each: name those to measure, such as --cpu ${cpus.slice(0, 8).join(',')}`,
      );
    const report = await measureCores({
      cpus,
      messageCount: argv.messages,
      directory: argv.directory,
      interrupted,
      onPair([first, second], index, count) {
        if (process.stderr.isTTY) say(`CPUs ${first} and ${second} (${index + 1} of ${count}) …`);
      },
    });
    await writeData(argv.json ? json(report) : reportText(report));
  },
});

function reportText({ cpus, pairs, best }: CoresReport): string {
  const sorted = [...new Set(cpus)].sort((a, b) => a - b);
  const cell = (row: number, column: number) => {
    const pair = pairs.find(({ cpus: [a, b] }) => a === Math.min(row, column) && b === Math.max(row, column));
    return pair === undefined ? '' : formatNs(pair.p50Ns);
  };
  const rows = sorted.map((row) => [`CPU ${row}`, ...sorted.map((column) => cell(row, column))]);
  const [first, second] = best.cpus;
  return `${heading('Round trips between two processes, by the CPUs that they run on: medians')}

${textTable(['', ...sorted.map((cpu) => `CPU ${cpu}`)], rows)}
The best pair: ${first} and ${second}, ${formatNs(best.p50Ns)} (p99 ${formatNs(best.p99Ns)}).
`;
}
