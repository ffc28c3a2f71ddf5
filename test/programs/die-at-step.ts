import { attachConsumer, attachProducer, attachRecorder, createSegment, removeSegment } from '../../src/index.js';
import { journalOfSteps } from '../journal/journal-of-steps.js';
import { countedStores, dieAt, type Moment } from '../processes/dying.js';
import { HandledLog } from '../processes/handled-log.js';
import { PublishedCount, typeOfGeneration } from '../processes/succession.js';
import { carriesNumber, numberedLength, numberedPayload } from '../support/numbered-payload.js';
import { report, runCommand } from '../support/reporting.js';

/** Does all that a role does, from attaching to detaching, and dies at one moment of it. */
export interface DieAtStep {
  readonly role: Role;
  readonly segment: string;
  readonly directory: string;
  /** Where the role notes what it has done: see `succession.ts` and `handled-log.ts`. */
  readonly noteFile: string;
  readonly moment: Moment;
}

export type Role = 'creator' | 'remover' | 'producer' | 'consumer' | 'sharer' | 'recorder' | 'journaling producer';

/** Of the producer: its messages are those of this generation. */
const GENERATION = 0;

const lives: Record<Role, (command: DieAtStep) => void> = {
  creator({ segment, directory }) {
    createSegment(segment, { directory, producers: 1, maxGroups: 1, members: 1, capacity: 65_536 });
  },

  remover({ segment, directory }) {
    removeSegment(segment, { directory, force: true });
  },

  producer({ segment, directory, noteFile }) {
    const counts = new PublishedCount(noteFile, GENERATION);
    const type = typeOfGeneration(GENERATION);
    let published = 0;
    const payload = (number: number) => numberedPayload(GENERATION, number);
    using producer = attachProducer(segment, { directory });
    for (let i = 0; i < 3; i++) {
      producer.offer(payload(published), type);
      counts.note(++published);
    }
    producer.tryClaim(500, type)!.abort();
    const claim = producer.tryClaim(numberedLength(GENERATION, published), type)!;
    claim.view.set(payload(published));
    claim.commit();
    counts.note(++published);
    published += producer.offerBatch(
      [0, 1, 2, 3, 4].map((i) => payload(published + i)),
      type,
    );
    counts.note(published);
  },

  consumer({ segment, directory }) {
    using consumer = attachConsumer(segment, { directory, group: 'passing', from: 'oldest' });
    consumer.poll((message) => {
      if (!carriesNumber(message, GENERATION, message.sequence)) throw new Error('a message is not whole');
    }, 2);
  },

  sharer({ segment, directory, noteFile }) {
    const log = new HandledLog(noteFile, GENERATION);
    using consumer = attachConsumer(segment, { directory });
    for (let poll = 0; poll < 2; poll++) {
      consumer.poll((message) => {
        const { lane, sequence } = message;
        log.append(lane, sequence, carriesNumber(message, GENERATION, sequence));
      }, 4);
    }
  },

  recorder({ segment, directory }) {
    using recorder = attachRecorder(segment, { directory, group: 'default', ...journalOfSteps(directory) });
    recorder.record(2);
    recorder.record();
  },

  'journaling producer'({ segment, directory }) {
    const { to, fileLength } = journalOfSteps(directory);
    using producer = attachProducer(segment, { directory, journal: { directory: to, fileLength } });
    producer.offer(Buffer.from('x'));
    producer.offerBatch([Buffer.from('y'), Buffer.from('z')]);
  },
};

runCommand<DieAtStep>((command) => {
  dieAt(command.moment);
  lives[command.role](command);
  report('survived', countedStores());
});
