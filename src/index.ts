export type { Claim } from './broker/claim.js';
export type { Codec, CodecName, Decoder, Encoder, InPlaceEncoder } from './broker/codec.js';
export { attachConsumer, type Consumer } from './broker/consumer.js';
export type { ConsumerOptions } from './broker/consumer-options.js';
export { Coordinator, type CoordinatorOptions, type SegmentDeclaration } from './broker/coordinator.js';
export type { CoordinatorStatus, SegmentStatus } from './broker/coordinator-lock.js';
export type { CreateOptions } from './broker/create-options.js';
export { type CreatedSegment, createSegment } from './broker/create-segment.js';
export type { DirectoryOptions } from './broker/directory.js';
export type { GroupMode, JoinFrom } from './broker/group-registry.js';
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
export type { ReadableOptions } from './broker/message-readable.js';
export type { WritableOptions } from './broker/message-writable.js';
export type { ParticipantOptions } from './broker/participant-options.js';
export type { Participant } from './broker/participants.js';
export { attachProducer, type Producer, type SendOptions } from './broker/producer.js';
export { removeGroup } from './broker/remove-group.js';
export { type RemoveOptions, removeSegment } from './broker/remove-segment.js';
export type { TimedWaitOptions, WaitOptions } from './broker/waiter.js';
export { HermesError, type HermesErrorCode } from './errors.js';
export type { IdleStrategy, IdleStrategyName } from './ring/idle-strategy.js';
export { BACK_PRESSURED } from './ring/lane-writer.js';
export type { Message, MessageHandler } from './ring/message.js';
