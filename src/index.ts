/// <reference types="node" preserve="true" />
export { type AddGroupOptions, addGroup } from './control/add-group.js';
export { Coordinator, type CoordinatorOptions, type SegmentDeclaration } from './control/coordinator.js';
export type { CoordinatorStatus, SegmentStatus } from './control/coordinator-lock.js';
export type { CreateOptions } from './control/create-options.js';
export { type CreatedSegment, createSegment } from './control/create-segment.js';
export { type EnsuredSegment, ensureSegment } from './control/ensure-segment.js';
export type { GroupDeclaration } from './control/group-declaration.js';
export type { WaitsFor } from './control/held-back.js';
export type { HeldBack, HoldingMember, HoldReason } from './control/held-back-remedy.js';
export {
  type GroupInspection,
  type GroupPosition,
  inspectSegment,
  type LaneInspection,
  type MemberInspection,
  type SegmentInspection,
} from './control/inspect-segment.js';
export { listSegments, type SegmentListing } from './control/list-segments.js';
export { removeGroup } from './control/remove-group.js';
export { type RemoveOptions, removeSegment } from './control/remove-segment.js';
export { HermesError, type HermesErrorCode } from './errors.js';
export type { Damage } from './journal/corrupt-journal.js';
export {
  inspectJournal,
  type JournalFileFault,
  type JournalFileInspection,
  type JournalInspection,
  type UnusableFile,
} from './journal/inspect-journal.js';
export type { FollowOptions, RecordedMessage, RecordedMessageJson } from './journal/journal-iteration.js';
export type { JournalOptions, SyncMode } from './journal/journal-options.js';
export { type JournalReader, openJournal } from './journal/journal-reader.js';
export type { JournalReaderJson, JournalReaderOptions } from './journal/journal-reader-options.js';
export type { JournalRepair } from './journal/journal-recovery.js';
export type { JournalPlace } from './journal/journal-seek.js';
export type { Gap } from './journal/known-segments.js';
export { type PruneReport, pruneJournal, type RetentionOptions } from './journal/prune-journal.js';
export { type JournalVerification, type LaneVerification, verifyJournal } from './journal/verify-journal.js';
export type { JournalWriterStatus } from './journal/writer-lock.js';
export type { JoinFrom } from './membership/group-registry.js';
export type { ParticipantInspection, ParticipantState } from './membership/participant-state.js';
export type { Participant } from './membership/slot.js';
export { attachConsumer, attachConsumerAsync } from './participants/attach-consumer.js';
export { attachProducer, attachProducerAsync } from './participants/attach-producer.js';
export type { Claim } from './participants/claim.js';
export type {
  Codec,
  CodecChoice,
  CodecName,
  Decoder,
  Encoder,
  InPlaceEncoder,
  JsonCodec,
  JsonObject,
  JsonValue,
  ValueCodec,
} from './participants/codec.js';
export type { Consumer, ConsumerJson } from './participants/consumer.js';
export type { ConsumerOptions } from './participants/consumer-options.js';
export type { IterationOptions } from './participants/message-iteration.js';
export type { MessageStream, ReadableOptions } from './participants/message-readable.js';
export type { MessageSink, WritableOptions } from './participants/message-writable.js';
export type { ParticipantOptions } from './participants/participant-options.js';
export type { Producer, ProducerJson } from './participants/producer.js';
export type { ProducerJournalOptions } from './participants/producer-journal.js';
export type { ProducerOptions } from './participants/producer-options.js';
export type { SendOptions } from './participants/send-queue.js';
export type { BlockingWaitOptions, WaitAsyncOptions } from './participants/wait-options.js';
export { attachRecorder } from './recording/attach-recorder.js';
export type { Recorder } from './recording/recorder.js';
export type { RecorderJson, RecorderOptions, RunOptions } from './recording/recorder-options.js';
export { Replay, type ReplayOptions } from './recording/replay.js';
export { type ReplayIntoOptions, type ReplayReport, replayInto } from './recording/replay-into.js';
export { BACK_PRESSURED } from './ring/lane-writer.js';
export type { Message, MessageHandler, MessageJson } from './ring/message.js';
export type { DirectoryOptions } from './segment/directory.js';
export type { GroupMode } from './segment/group-entries.js';
export type { IdleStrategy, IdleStrategyName } from './waiting/idle-strategy.js';
export type { TimedWaitOptions, WaitOptions } from './waiting/waiter.js';
