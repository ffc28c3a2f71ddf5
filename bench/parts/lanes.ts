import { startChild } from '../../src/tools/bench/child.js';
import { formatNs } from '../../src/tools/report/duration-format.js';
import { runMeasuring } from '../harness/pair.js';
import { interleave, type Recorded, recorded } from '../harness/rounds.js';
import { ratiosOf, spreadOf } from '../harness/statistics.js';
import type { LanesResult, LanesTask } from '../micro/lanes-child.js';
import type { Colour } from '../report/colours.js';
import { lineChart } from '../report/line-chart.js';
import type { Finding, Section } from '../report/section.js';
import { curveTable } from './curve.js';
import { type Part, part } from './part.js';

const CHILD = new URL('../micro/lanes-child.js', import.meta.url);
const GOAL_LANES = 256;

/** What lanes cost that have nothing to say. */
export const lanesPart: Part = part(
  'lanes',
  async (bench) => {
    const entries = bench.profile.lanes.map((laneCount) => ({
      key: `${laneCount}`,
      measure: () => {
        const task: LanesTask = { directory: bench.scratch.directory, laneCount };
        return runMeasuring<LanesResult>([startChild(CHILD, task)], bench.interrupted);
      },
    }));
    return recorded(await interleave(bench, 'lanes', entries, bench.profile.curveRounds));
  },
  present,
);

function present({ samples }: Recorded<LanesResult>): Section {
  const curve = (label: string, colour: Colour, pick: (result: LanesResult) => number) => ({
    label,
    colour,
    points: Object.entries(samples).map(([lanes, results]) => ({
      x: Number(lanes),
      ...spreadOf(results.map(pick)),
    })),
  });
  const series = [
    curve('a poll that finds a message', 'shade2', ({ busyNs }) => busyNs),
    curve('a poll that finds none', 'shade0', ({ emptyNs }) => emptyNs),
  ];
  const [one, most] = [1, GOAL_LANES].map((count) => samples[`${count}`]?.map(({ busyNs }) => busyNs));
  const findings: Finding[] = one && most ? [{ goal: 'idle-lanes', spread: spreadOf(ratiosOf(most, one)) }] : [];
  const title = 'Idle lanes';
  return {
    name: 'lanes',
    title,
    text: [
      'A producer is attached to every lane, and one of them, in the middle, sends. What a `poll` of one message costs the consumer; both ends in one process.',
    ],
    tables: [curveTable('lanes', series, String, formatNs)],
    charts: [
      {
        file: 'lanes.svg',
        alt: 'Nanoseconds a poll by lanes',
        svg: lineChart({
          title,
          subtitle: 'Hermes alone; nanoseconds a poll; one lane is busy',
          xLabel: 'lanes with a producer',
          series,
          formatX: String,
          formatY: formatNs,
        }),
      },
    ],
    findings,
  };
}
