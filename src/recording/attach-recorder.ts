import { checkKnown } from '../checks.js';
import { resolveJournalOptions } from '../journal/journal-options.js';
import { JournalWriter } from '../journal/journal-writer.js';
import { attachConsumer } from '../participants/attach-consumer.js';
import { checkCpu, pinned } from '../participants/pinning.js';
import { recordedSegment } from './recorded-segment.js';
import { Recorder } from './recorder.js';
import { DEFAULT_RECORDER_GROUP, RECORDER_OPTIONS, type RecorderOptions } from './recorder-options.js';

/**
 * Attaches to a segment as its recorder: opens the journal, repairs its torn tail, and joins the group. Blocks for some milliseconds.
 * @throws HermesError ERR_HERMES_BUSY (the directory has a writer), _NO_FREE_MEMBER (the group has a recorder), _CORRUPT_JOURNAL,
 * _NO_SPACE, and those of attachConsumer
 */
export function attachRecorder(name: string, options: RecorderOptions): Recorder {
  checkKnown('A recorder', options, RECORDER_OPTIONS);
  const { to, group = DEFAULT_RECORDER_GROUP, from = 'oldest', directory, cpu } = options;
  const settings = resolveJournalOptions(options);
  checkCpu(cpu);
  return pinned(cpu, () => {
    const writer = JournalWriter.open(to, recordedSegment(name, directory, group), settings);
    try {
      const consumer = attachConsumer(name, {
        directory,
        group,
        from,
        mode: 'reliable',
        durable: true,
        shared: false,
      });
      try {
        writer.checkSegment(recordedSegment(name, directory, group).segmentId); // by name: who is attached keeps it from being replaced
        return new Recorder(consumer, writer, settings.sync, settings.syncIntervalMs);
      } catch (error) {
        consumer.detach();
        throw error;
      }
    } catch (error) {
      writer.close();
      throw error;
    }
  });
}
