import assert from 'node:assert/strict';
import fs from 'node:fs';
import {
  attachConsumer,
  attachProducer,
  BACK_PRESSURED,
  type Consumer,
  createSegment,
  HermesError,
  type Message,
  type Producer,
  removeGroup,
} from '../../src/index.js';
import { recordLength } from '../../src/layout/record.js';
import { type Handed, ModelGroup, ModelSegment } from './model.js';
import { GROUPS, type GroupOptions, type Operation, type Scenario } from './operations.js';

const SEGMENT = 'fuzzed';
/** More than any run needs to come to its end. */
const MOST_POLLS = 5000;

/** While there is something to read, a consumer looks for new lanes now and then only. */
const POLLS_FOR_NEW_LANES = 20;

class HandlerFailed extends Error {}

/** Does what a scenario says, to a segment and to the model, and fails where they differ. */
export function runScenario({ shape, operations }: Scenario): void {
  const directory = fs.mkdtempSync('/dev/shm/hermes-test-');
  const run = new Run(directory, shape);
  try {
    for (const operation of operations) run.do(operation);
    run.finish();
  } finally {
    run.close();
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

class Run {
  private readonly model: ModelSegment;
  private readonly producers: Producer[] = [];
  private readonly consumers: { consumer: Consumer; group: ModelGroup }[] = [];

  constructor(
    private readonly directory: string,
    private readonly shape: Scenario['shape'],
  ) {
    createSegment(SEGMENT, { ...shape, directory });
    this.model = new ModelSegment(shape.producers);
    const first = new ModelGroup(this.model, 'default', 'reliable', shape.shared ?? false, true, 'latest');
    this.model.groups.set('default', first);
  }

  do(operation: Operation): void {
    const { kind } = operation;
    if (kind === 'attach producer') this.attachProducer();
    else if (kind === 'join') this.join(operation.group, operation.from);
    else if (kind === 'remove group') this.removeGroup(GROUPS[operation.group]!.name);
    else if (kind === 'poll' || kind === 'detach consumer' || kind === 'hold and leave') {
      if (this.consumers.length > 0) this.consume(operation, operation.which % this.consumers.length);
    } else if (this.producers.length > 0) {
      this.produce(operation, this.producers[operation.which % this.producers.length]!);
    }
  }

  private consume(
    operation: Extract<Operation, { kind: 'poll' | 'detach consumer' | 'hold and leave' }>,
    index: number,
  ) {
    if (operation.kind === 'poll') this.poll(index, operation.limit, operation.failsAt);
    else if (operation.kind === 'detach consumer') this.detachConsumer(index);
    else this.holdAndLeave(index, operation.limit);
  }

  private produce(
    operation: Extract<Operation, { kind: 'detach producer' | 'offer' | 'offer many' | 'claim' }>,
    producer: Producer,
  ) {
    if (operation.kind === 'offer') this.offer(producer, operation.length, operation.type);
    else if (operation.kind === 'offer many') this.offerMany(producer, operation.lengths);
    else if (operation.kind === 'claim') this.claim(producer, operation);
    else this.detachProducer(producer);
  }

  /** Every group gets all that it has to see; then there is room in every lane; and a lossy group has counted every gap. */
  finish(): void {
    for (const group of [...this.model.groups.values()]) {
      if (group.memberCount === 0) this.joinAs(group.name, {}, 'latest');
      // A lossy one may have been lapped, and then sees by the next message only what it has lost.
      if (group.mode === 'reliable') this.drain(group);
      else for (let polls = 0; polls < POLLS_FOR_NEW_LANES; polls++) this.pollAll(group);
    }
    while (this.producers.length < this.shape.producers) this.attachProducer();
    for (const producer of this.producers) {
      assert(this.offer(producer, producer.maxPayload, 9), `no room in lane ${producer.lane}, though all was read`);
    }
    for (const group of this.model.groups.values()) this.drain(group);
    for (const { consumer, group } of this.consumers) {
      if (group.mode === 'lossy') assert.equal(consumer.lost, group.lost, 'lost');
    }
  }

  close(): void {
    for (const producer of this.producers) producer.detach();
    for (const { consumer } of this.consumers) consumer.detach();
  }

  private drain(group: ModelGroup): void {
    for (let polls = 0; !group.isDone; polls++) {
      assert(polls < MOST_POLLS, `${group.name} does not get the rest: ${group.rest}`);
      this.pollAll(group);
    }
  }

  private pollAll(group: ModelGroup): void {
    for (const [index, member] of this.consumers.entries()) {
      if (member.group === group) this.poll(index, 1_000_000, undefined);
    }
  }

  private attachProducer(): void {
    const attach = () => attachProducer(SEGMENT, { directory: this.directory });
    if (this.producers.length === this.shape.producers) expectCode('ERR_HERMES_NO_FREE_LANE', attach);
    else this.producers.push(attach());
  }

  private detachProducer(producer: Producer): void {
    producer.detach();
    this.producers.splice(this.producers.indexOf(producer), 1);
  }

  private join(index: number, from: 'oldest' | 'latest'): void {
    const { name, options } = GROUPS[index]!;
    const isLossy = options.mode === 'lossy';
    this.joinAs(name, this.model.groups.has(name) ? {} : options, isLossy ? 'latest' : from);
  }

  private joinAs(name: string, options: GroupOptions, from: 'oldest' | 'latest'): void {
    const attach = () => attachConsumer(SEGMENT, { directory: this.directory, group: name, ...options, from });
    const { groups } = this.model;
    const existing = groups.get(name);
    if (existing === undefined && groups.size === this.shape.maxGroups) {
      expectCode('ERR_HERMES_NO_FREE_GROUP', attach);
    } else if (existing !== undefined && existing.memberCount === (existing.shared ? this.shape.members : 1)) {
      expectCode('ERR_HERMES_NO_FREE_MEMBER', attach);
    } else {
      const { mode = 'reliable', shared = false, durable = false } = options;
      const group = existing ?? new ModelGroup(this.model, name, mode, shared, durable, from);
      this.consumers.push({ consumer: attach(), group });
      groups.set(name, group);
      group.memberCount++;
    }
  }

  private detachConsumer(index: number): void {
    const [{ consumer, group }] = this.consumers.splice(index, 1) as [{ consumer: Consumer; group: ModelGroup }];
    consumer.detach();
    group.memberCount--;
    if (group.memberCount === 0 && !group.durable) this.model.groups.delete(group.name);
  }

  private removeGroup(name: string): void {
    const remove = () => removeGroup(SEGMENT, name, { directory: this.directory });
    const group = this.model.groups.get(name);
    if (group === undefined) expectCode('ERR_HERMES_GROUP_NOT_FOUND', remove);
    else if (group.memberCount > 0) expectCode('ERR_HERMES_BUSY', remove);
    else {
      remove();
      this.model.groups.delete(name);
    }
  }

  private offer(producer: Producer, length: number, type: number): boolean {
    const { lane } = producer;
    const message = this.model.nextMessage(lane, Math.min(length, producer.maxPayload), type);
    const before = producer.position;
    const position = producer.offer(message.payload, type);
    if (position === BACK_PRESSURED) {
      assert.equal(producer.position, before, 'the position after a refusal');
      return false;
    }
    assert.equal(producer.position, position, 'what offer returns');
    assert(position > before);
    this.model.lanes[lane]!.push(message);
    return true;
  }

  private offerMany(producer: Producer, lengths: readonly number[]): void {
    const lane = this.model.lanes[producer.lane]!;
    const sent = lane.length;
    for (const length of lengths) lane.push(this.model.nextMessage(producer.lane, length, 3));
    const count = producer.offerBatch(
      lane.slice(sent).map(({ payload }) => payload),
      3,
    );
    assert(count >= 0 && count <= lengths.length, 'how many of a batch were accepted');
    lane.length = sent + count;
  }

  private claim(producer: Producer, claimed: Extract<Operation, { kind: 'claim' }>): void {
    const { length, commits } = claimed;
    const lane = this.model.lanes[producer.lane]!;
    const sent = lane.length;
    const count = Math.min(claimed.count, Math.max(1, Math.floor(this.shape.capacity / 4 / recordLength(length))));
    for (let i = 0; i < count; i++) lane.push(this.model.nextMessage(producer.lane, length, 5));
    const claim = producer.tryClaim(length, 5, count);
    if (claim !== null) {
      assert.deepEqual([claim.length, claim.count], [length, count]);
      for (const [i, { payload }] of lane.slice(sent).entries()) {
        payload.copy(claim.buffer, claim.offset + i * claim.stride);
      }
      if (commits) claim.commit();
      else claim.abort();
    }
    if (claim === null || !commits) lane.length = sent;
  }

  private poll(index: number, limit: number, failsAt: number | undefined): void {
    const { consumer, group } = this.consumers[index]!;
    let calls = 0;
    let last: Handed | undefined;
    const handler = (message: Message) => {
      group.handed(message);
      const { lane, sequence, redelivered, lost } = message;
      last = { lane, sequence, redelivered, lost };
      if (calls++ === failsAt) throw new HandlerFailed();
      group.handled(last);
    };
    try {
      const count = consumer.poll(handler, limit);
      assert.equal(count, calls, 'what poll returns');
      assert(failsAt === undefined || calls <= failsAt, 'what the handler throws reaches the caller');
    } catch (error) {
      if (!(error instanceof HandlerFailed)) throw error;
      group.failed(last!, limit);
    }
  }

  /** Takes messages without acknowledging them, and is gone: they come again, to whoever is next. */
  private holdAndLeave(index: number, limit: number): void {
    const { consumer, group } = this.consumers[index]!;
    const first = new Map<number, Handed>();
    consumer.read((message) => {
      group.handed(message);
      const { lane, sequence, redelivered, lost } = message;
      const handed = { lane, sequence, redelivered, lost };
      if (group.mode === 'lossy') group.handled(handed);
      else if (!first.has(lane)) first.set(lane, handed);
    }, limit);
    if (!group.shared) for (const handed of first.values()) group.failed(handed, 0);
    this.detachConsumer(index);
  }
}

function expectCode(code: string, action: () => unknown): void {
  assert.throws(action, (error) => error instanceof HermesError && error.code === code);
}
