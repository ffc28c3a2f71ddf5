/** `<first seed> <how many> <directory>`: runs one seed after the other, and tells each before it begins. */
import { runCorruption } from '../fuzz/corruption.js';
import { report, reportFailure } from '../support/reporting.js';

const [first = '1', count = '1', parent = '/dev/shm'] = process.argv.slice(2);
const total = { changes: 0, sent: 0, received: 0, errors: 0 };
try {
  for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
    report('seed', seed);
    const counts = runCorruption(seed, parent);
    for (const key of ['changes', 'sent', 'received', 'errors'] as const) total[key] += counts[key];
  }
  report('total', total);
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
