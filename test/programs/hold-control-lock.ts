import { withControlLock } from '../../src/membership/control-lock.js';
import { openSegment } from '../../src/segment/segment.js';
import { report, runCommand } from '../support/reporting.js';

/** Takes the control lock and stops itself (SIGSTOP) while it holds it; continued, it gives it back. */
export interface HoldControlLock {
  readonly segment: string;
  readonly directory: string;
}

runCommand<HoldControlLock>(({ segment, directory }) => {
  const opened = openSegment(segment, { directory }, 'read-write');
  withControlLock(opened, () => {
    report('holding');
    process.kill(process.pid, 'SIGSTOP');
  });
  report('given back');
});
