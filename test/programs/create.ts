import { type CreateOptions, createSegment } from '../../src/index.js';
import { report, runCommand } from '../support/reporting.js';

/** Creates one segment. */
export interface Create {
  readonly segment: string;
  readonly options: CreateOptions;
}

runCommand<Create>(({ segment, options }) => {
  createSegment(segment, options);
  report('created');
});
