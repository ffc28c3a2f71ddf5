import fs from 'node:fs';
import path from 'node:path';
import { type FifoOwner, isFifoOf, memberFifoName, producerFifoName } from '../layout/doorbell-fifo.js';
import { GROUP_FREE, GROUP_SHARED, GROUP_STATE_MASK } from '../layout/group-table.js';
import { PARTICIPANT_SLOT_LENGTH } from '../layout/participant-slot.js';
import type { Descriptor } from '../os/descriptor.js';
import { ensureFifo, FifoListener, openFifoToRing, writeByte } from '../os/fifo.js';
import { withSystemErrors } from '../os/system-error.js';
import { countNews } from '../ring/busy-lanes.js';
import { memberSlotIndex, producerSlotIndex } from '../ring/indices.js';
import { lanesInUse } from '../ring/roster-word.js';
import type { SegmentMemory } from '../ring/segment-memory.js';
import { groupState } from './group-entries.js';
import { ringIfAsleep } from './sleep-word.js';

/** The bits of a file's permissions that a FIFO keeps. */
const READ_AND_WRITE = 0o666;

/** The FIFOs of a segment's sleepers, for one participant or tool that rings them. Each is opened when it is first rung. */
export class Doorbells {
  /** By the slot's word index. */
  private readonly fifos: Map<number, Descriptor> = new Map();
  private failure: unknown;
  private isClosed = false;
  private readonly write = (slotIndex: number): boolean => this.writeTo(slotIndex);

  constructor(
    private readonly memory: SegmentMemory,
    private readonly directory: string,
    private readonly owner: FifoOwner,
  ) {}

  /** What the producer of a lane calls when somebody has gone to sleep: tells consumers of many lanes which one has news, and rings them. */
  ringerOf(lane: number): () => void {
    return () => {
      countNews(this.memory, lane);
      this.ringConsumers();
    };
  }

  /** Rings the sleeping producers. Looks at every lane in use; makes a system call for each that sleeps. */
  ringProducers(): void {
    const { memory } = this;
    const laneCount = lanesInUse(memory);
    for (let lane = 0; lane < laneCount; lane++) ringIfAsleep(memory, producerSlotIndex(memory, lane), this.write);
  }

  /** Rings the sleeping consumers, which are all members of all groups. Also makes a system call for each that sleeps. */
  ringConsumers(): void {
    const { memory } = this;
    const { groupCount, memberCount } = memory.geometry;
    for (let group = 0; group < groupCount; group++) {
      const state = groupState(memory, group);
      if ((state & GROUP_STATE_MASK) === GROUP_FREE) continue;
      const count = (state & GROUP_SHARED) !== 0 ? memberCount : 1;
      for (let member = 0; member < count; member++) {
        ringIfAsleep(memory, memberSlotIndex(memory, group, member), this.write);
      }
    }
  }

  /** Rings everybody, and makes consumers look at all lanes, because the dead may have owed it. */
  ringAll(): void {
    const laneCount = lanesInUse(this.memory);
    for (let lane = 0; lane < laneCount; lane++) countNews(this.memory, lane);
    this.ringConsumers();
    this.ringProducers();
  }

  /**
   * Makes the FIFO of a slot that its owner has just taken, unless it was made for an earlier owner. `mode` is that of the segment's
   * file: whoever may use the file may ring. The control lock must be held. If the FIFO cannot be made, `listenOwn` says why, because a
   * participant that never sleeps needs none.
   */
  makeOwn(slotIndex: number, mode: number): void {
    try {
      ensureFifo(this.pathOf(slotIndex), mode & READ_AND_WRITE);
    } catch (error) {
      this.failure = error;
    }
  }

  /** Opens the FIFO of the participant's own slot, to sleep on: see `FifoListener.open`. The caller closes it. @throws HermesError */
  listenOwn(slotIndex: number, onByte: () => void, onError: (error: NodeJS.ErrnoException) => void): FifoListener {
    if (this.failure !== undefined) throw this.failure;
    return FifoListener.open(this.pathOf(slotIndex), onByte, onError);
  }

  private pathOf(slotIndex: number): string {
    const { owner } = this;
    const { producerSlotsOffset, memberSlotsOffset } = this.memory.sections;
    const { memberCount } = this.memory.geometry;
    const place = (slotIndex * 4 - memberSlotsOffset) / PARTICIPANT_SLOT_LENGTH;
    const name =
      place < 0
        ? producerFifoName(owner, (slotIndex * 4 - producerSlotsOffset) / PARTICIPANT_SLOT_LENGTH)
        : memberFifoName(owner, Math.floor(place / memberCount), place % memberCount);
    return path.join(this.directory, name);
  }

  /** Idempotent. Nobody is rung from now on. */
  close(): void {
    for (const fifo of this.fifos.values()) fifo.close();
    this.fifos.clear();
    this.isClosed = true;
  }

  /**
   * False when the FIFO cannot be opened, for example for want of descriptors. That is no reason to fail: others may be able to ring, and a sleeper
   * looks by itself four times a second. It is not tried again at each publication, because the ringer's copy of the bell is as after any ringing.
   */
  private writeTo(slotIndex: number): boolean {
    if (this.isClosed) return false;
    try {
      const known = this.fifos.get(slotIndex);
      if (known !== undefined) {
        if (writeByte(known.number)) return true;
        known.close(); // somebody has removed the FIFO, and a later owner of the slot has made another
        this.fifos.delete(slotIndex);
      }
      const fifo = openFifoToRing(this.pathOf(slotIndex));
      this.fifos.set(slotIndex, fifo);
      return writeByte(fifo.number);
    } catch {
      return false;
    }
  }
}

/**
 * Removes the FIFOs of a segment that is being removed; `inode` is that of its file. The control lock must be held, so that nobody makes another. A
 * FIFO that we may not remove, such as another user's in a sticky directory, stays: it is no reason to keep the segment.
 */
export function removeFifos(directory: string, inode: bigint): void {
  const names = withSystemErrors('look into', directory, () => fs.readdirSync(directory));
  for (const name of names.filter((entry) => isFifoOf(inode, entry))) {
    try {
      fs.unlinkSync(path.join(directory, name));
    } catch {}
  }
}
