import { onTestFinished } from 'vitest';
import { Coordinator, type CoordinatorOptions, inspectSegment, type SegmentInspection } from '../../src/index.js';

/** A module that coordinates the directory that is its `process.argv[1]`: see `Child`. */
export const COORDINATOR: string = `
  import { Coordinator } from 'hermes:index.js';
  new Coordinator({ directory: process.argv[1] });
  console.log('coordinating');`;

/** A coordinator in this process; stopped with the test. */
export function coordinate(options: CoordinatorOptions): Coordinator {
  const coordinator = new Coordinator(options);
  onTestFinished(() => coordinator.stop());
  return coordinator;
}

export function inspect(directory: string, name = 'ticks'): SegmentInspection {
  return inspectSegment(name, { directory });
}

export function groupNames(directory: string): string[] {
  return inspect(directory).groups.map(({ name }) => name);
}
