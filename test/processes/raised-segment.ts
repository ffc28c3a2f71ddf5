import fs from 'node:fs';
import { type CreateOptions, createSegment, inspectSegment } from '../../src/index.js';
import { sectionsOf } from '../../src/layout/geometry.js';
import {
  HANDOVER_OFFSET,
  HANDOVER_POSITION_OFFSET,
  HEAD_HIGH_OFFSET,
  HEAD_LOW_OFFSET,
  laneControlOffset,
  RESERVED_OFFSET,
  RESERVED_PIECES_PER_LANE,
} from '../../src/layout/lane-control.js';
import { POSITION_LOW_OFFSET, positionOffset } from '../../src/layout/positions.js';

/**
 * Creates a segment whose lanes have come as far as `position`, a multiple of 32, as if so many bytes had gone through
 * them already: nobody has to send gigabytes. The group `default` has read all of it.
 */
export function createRaisedSegment(name: string, position: number, options: CreateOptions): void {
  const { path } = createSegment(name, options);
  const shape = inspectSegment(name, { directory: options.directory });
  const { laneControlsOffset, positionsOffset } = sectionsOf({
    laneCount: shape.producers,
    groupCount: shape.maxGroups,
    memberCount: shape.members,
    laneCapacity: shape.capacity,
    maxPayloadLength: shape.maxPayload,
  });
  const fd = fs.openSync(path, 'r+');
  const write = (offset: number, value: number) => {
    const word = Buffer.alloc(4);
    word.writeUInt32LE(value % 2 ** 32);
    fs.writeSync(fd, word, 0, word.length, offset);
  };
  for (let lane = 0; lane < shape.producers; lane++) {
    const control = laneControlsOffset + laneControlOffset(lane);
    write(control + HEAD_LOW_OFFSET, position);
    write(control + HEAD_HIGH_OFFSET, Math.floor(position / 2 ** 31));
    write(control + HANDOVER_OFFSET + HANDOVER_POSITION_OFFSET, position);
    write(control + RESERVED_OFFSET, Math.ceil(position / (shape.capacity / RESERVED_PIECES_PER_LANE)));
    write(positionsOffset + positionOffset(0, lane, shape.producers) + POSITION_LOW_OFFSET, position);
  }
  fs.closeSync(fd);
}
