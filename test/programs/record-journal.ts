import { attachRecorder, HermesError, type Recorder, type SyncMode } from '../../src/index.js';
import { sleep, yieldToEvents } from '../support/pausing.js';
import { Random } from '../support/random.js';
import { report, runCommand } from '../support/reporting.js';

/** Records until it is killed. */
export interface RecordJournal {
  readonly segment: string;
  readonly directory: string;
  readonly to: string;
  readonly group: string;
  readonly generation: number;
  readonly sync: SyncMode;
  readonly fileLength: number;
}

/** Its predecessor was killed, and may still be dying. */
const TAKEN = ['ERR_HERMES_BUSY', 'ERR_HERMES_NO_FREE_MEMBER'];

runCommand<RecordJournal>(async ({ segment, generation, ...options }) => {
  const random = new Random(generation);
  const recorder = attachWhenFree(segment, options);
  report('attached');
  for (;;) {
    if (recorder.record(random.upTo(200)) === 0) sleep(0.2);
    if (random.fraction() < 0.05) sleep(random.fraction());
    await yieldToEvents();
  }
});

function attachWhenFree(segment: string, options: Omit<RecordJournal, 'segment' | 'generation'>): Recorder {
  for (;;) {
    try {
      return attachRecorder(segment, options);
    } catch (error) {
      if (!(error instanceof HermesError && TAKEN.includes(error.code))) throw error;
      sleep(0.1);
    }
  }
}
