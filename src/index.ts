/// <reference types="node" preserve="true" />
export { type AddGroupOptions, addGroup } from './broker/add-group.js';
export { attachConsumer, attachConsumerAsync } from './broker/attach-consumer.js';
export { attachProducer, attachProducerAsync } from './broker/attach-producer.js';
export type { Claim } from './broker/claim.js';
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
} from './broker/codec.js';
export type { Consumer, ConsumerJson } from './broker/consumer.js';
export type { ConsumerOptions } from './broker/consumer-options.js';
export { Coordinator, type CoordinatorOptions, type SegmentDeclaration } from './broker/coordinator.js';
export type { CoordinatorStatus, SegmentStatus } from './broker/coordinator-lock.js';
export type { CreateOptions } from './broker/create-options.js';
export { type CreatedSegment, createSegment } from './broker/create-segment.js';
export type { DirectoryOptions } from './broker/directory.js';
export { type EnsuredSegment, ensureSegment } from './broker/ensure-segment.js';
export type { GroupDeclaration } from './broker/group-declaration.js';
export type { GroupMode, JoinFrom } from './broker/group-registry.js';
export type { HeldBack, HoldingMember, WaitsFor } from './broker/held-back.js';
export type { HoldReason } from './broker/held-back-remedy.js';
export {
  type GroupInspection,
  type GroupPosition,
  inspectSegment,
  type LaneInspection,
  type MemberInspection,
  type SegmentInspection,
} from './broker/inspect-segment.js';
export { listSegments, type SegmentListing } from './broker/list-segments.js';
export type { IterationOptions } from './broker/message-iteration.js';
export type { MessageStream, ReadableOptions } from './broker/message-readable.js';
export type { MessageSink, WritableOptions } from './broker/message-writable.js';
export type { ParticipantOptions } from './broker/participant-options.js';
export type { ParticipantInspection, ParticipantState } from './broker/participant-state.js';
export type { Participant } from './broker/participants.js';
export type { Producer, ProducerJson } from './broker/producer.js';
export type { ProducerJournalOptions, ProducerOptions } from './broker/producer-options.js';
export { removeGroup } from './broker/remove-group.js';
export { type RemoveOptions, removeSegment } from './broker/remove-segment.js';
export type { SendOptions } from './broker/send-options.js';
export type { BlockingWaitOptions, WaitAsyncOptions } from './broker/wait-options.js';
export type { TimedWaitOptions, WaitOptions } from './broker/waiter.js';
export { HermesError, type HermesErrorCode } from './errors.js';
export type { Damage } from './journal/corrupt-journal.js';
export {
  inspectJournal,
  type JournalFileFault,
  type JournalFileInspection,
  type JournalInspection,
  type UnusableFile,
} from './journal/inspect-journal.js';
export type { JournalOptions, SyncMode } from './journal/journal-options.js';
export { type JournalReader, openJournal } from './journal/journal-reader.js';
export type { FollowOptions, JournalReaderJson, JournalReaderOptions } from './journal/journal-reader-options.js';
export type { JournalRepair } from './journal/journal-recovery.js';
export type { JournalPlace } from './journal/journal-seek.js';
export type { Gap } from './journal/journal-walker.js';
export type { LaneVerification } from './journal/lane-counts.js';
export { type PruneReport, pruneJournal, type RetentionOptions } from './journal/prune-journal.js';
export type { RecordedMessage, RecordedMessageJson } from './journal/recorded-message.js';
export { type JournalVerification, verifyJournal } from './journal/verify-journal.js';
export type { JournalWriterStatus } from './journal/writer-lock.js';
export { attachRecorder } from './recording/attach-recorder.js';
export type { Recorder } from './recording/recorder.js';
export type { RecorderJson, RecorderOptions, RunOptions } from './recording/recorder-options.js';
export { Replay, type ReplayOptions } from './recording/replay.js';
export { type ReplayIntoOptions, type ReplayReport, replayInto } from './recording/replay-into.js';
export type { IdleStrategy, IdleStrategyName } from './ring/idle-strategy.js';
export { BACK_PRESSURED } from './ring/lane-writer.js';
export type { Message, MessageHandler, MessageJson } from './ring/message.js';
