import { startChild } from '../../src/tools/bench/child.js';
import { formatNs } from '../../src/tools/report/duration-format.js';
import { runMeasuring } from '../harness/pair.js';
import { interleave } from '../harness/rounds.js';
import { ratiosOf, spreadOf } from '../harness/statistics.js';
import type { LanesResult, LanesTask } from '../micro/lanes-child.js';
import { lineChart } from '../report/line-chart.js';
import type { Finding } from '../report/section.js';
import { curveTable } from './curve.js';
import type { Part } from './part.js';

const CHILD = new URL('../micro/lanes-child.js', import.meta.url);
const GOAL_LANES = 256;

/** What lanes cost that have nothing to say. */
export const lanesPart: Part = {
  name: 'lanes',
  async run(bench, _field) {
    const { lanes } = bench.profile;
    const entries = lanes.map((laneCount) => ({
      key: `${laneCount}`,
      measure: () => {
        const task: LanesTask = { directory: bench.scratch.directory, laneCount };
        return runMeasuring<LanesResult>([startChild(CHILD, task)], bench.interrupted);
      },
    }));
    const { samples } = await interleave(bench, 'lanes', entries, bench.profile.curveRounds);
    const curve = (label: string, pick: (result: LanesResult) => number) => ({
      label,
      points: lanes.filter((x) => samples.has(`${x}`)).map((x) => ({ x, ...spreadOf(samples.get(`${x}`)!.map(pick)) })),
    });
    const series = [
      curve('a poll that finds a message', ({ busyNs }) => busyNs),
      curve('a poll that finds none', ({ emptyNs }) => emptyNs),
    ];
    const [one, most] = [1, GOAL_LANES].map((count) => samples.get(`${count}`)?.map(({ busyNs }) => busyNs));
    const findings: Finding[] = one && most ? [{ goal: 'idle-lanes', spread: spreadOf(ratiosOf(most, one)) }] : [];
    const title = 'Idle lanes';
    return {
      name: 'lanes',
      title,
      text: [
        'A producer is attached to every lane, and one of them, in the middle, sends. What a `poll` of one message costs the consumer; both ends in one process.',
      ],
      tables: [curveTable('lanes', lanes, series, String, formatNs)],
      charts: [
        {
          file: 'lanes.svg',
          alt: 'Nanoseconds a poll by lanes',
          svg: lineChart({
            title,
            subtitle: 'nanoseconds a poll; one lane is busy',
            xLabel: 'lanes with a producer',
            series,
            formatX: String,
            formatY: formatNs,
          }),
        },
      ],
      findings,
      data: Object.fromEntries(samples),
    };
  },
};
