import { describe, expect, test } from 'vitest';
import { goalsTable } from '../../bench/report/goals.js';
import { markdownReport, markdownTable, type Report } from '../../bench/report/markdown.js';

const report: Report = {
  date: '2026-01-02',
  profile: { name: 'short', rounds: 5, curveRounds: 3 },
  environment: { facts: { processor: 'a fine one', kernel: 'Linux 6.0' } },
  participants: [{ name: 'Hermes', how: 'both ends spin', batching: '`offerBatch` of 16' }],
  absences: [{ name: 'Redis', reason: 'no redis-server on the PATH' }],
  sections: [
    {
      name: 'ping-pong',
      title: 'Round trips',
      text: ['One at a time.'],
      tables: [{ header: ['contestant', 'p50'], rows: [['Hermes', '220 ns (200 ns–240 ns)']] }],
      charts: [{ file: 'ping-pong.svg', alt: 'Percentiles', svg: '<svg/>' }],
      findings: [{ goal: 'ping-pong', spread: { median: 1.05, min: 1, max: 1.2 } }],
      occasion: { startedAt: '2026-01-02T03:04', load: 0.1 },
    },
  ],
};

describe('the document', () => {
  const text = markdownReport(report, 'benchmarks');

  test.each([
    ['the date and the profile', 'on 2026-01-02 (short profile, 5 rounds)'],
    ['the machine', '| processor | a fine one |'],
    ['who took part, and how', '| Hermes | both ends spin | `offerBatch` of 16 |'],
    ['who is not here, and why', '- Redis: no redis-server on the PATH'],
    ['when each part was measured', 'Measured at 03:04 UTC on 2026-01-02, load before 0.10.'],
    ['the tables', '| Hermes | 220 ns (200 ns–240 ns) |'],
    ['the charts, relative to itself', '![Percentiles](benchmarks/ping-pong.svg)'],
    ['the goals', '| round trip, p50, against the C++ ring | ≤ 1.10 × | 1.05 × (1.00 ×–1.20 ×) | yes |'],
    ['the caveats', '## What these figures do not show'],
  ])('has %s', (_, part) => {
    expect(text).toContain(part);
  });

  test('says so when other programs had the cores, too', () => {
    const sections = report.sections.map((section) => ({ ...section, occasion: { ...section.occasion, load: 3 } }));
    const busy = { ...report, sections };
    expect(text).not.toContain('busy');
    expect(markdownReport(busy, 'benchmarks')).toContain('The machine was busy with other work');
  });

  test('ends with one newline and has no two blank lines in a row', () => {
    expect(text).toMatch(/[^\n]\n$/);
    expect(text).not.toContain('\n\n\n');
  });
});

test('a bar in a cell does not end the cell', () => {
  expect(markdownTable({ header: ['a'], rows: [['x|y']] })).toContain('| x\\|y |');
});

describe('goals', () => {
  const spread = (median: number) => ({ median, min: median, max: median });
  const verdictOf = (what: string, findings: Parameters<typeof goalsTable>[0]) =>
    goalsTable(findings)
      .rows.find(([goal]) => goal!.startsWith(what))!
      .at(-1);

  test('are reached by the median', () => {
    expect(
      verdictOf('messages a second of `offer`,', [{ goal: 'offer', spread: { median: 0.5, min: 0.3, max: 0.6 } }]),
    ).toBe('yes');
    expect(
      verdictOf('messages a second of `offer`,', [{ goal: 'offer', spread: { median: 0.49, min: 0.3, max: 0.6 } }]),
    ).toBe('no');
  });

  test('against several are reached when they are against each', () => {
    const findings = [
      { goal: 'peers-one', of: 'NATS', spread: spread(30) },
      { goal: 'peers-one', of: 'Redis', spread: spread(19) },
    ] as const;
    expect(verdictOf('messages a second, a call per message', findings)).toBe('no: 1 of 2 missed');
  });

  test('that were not measured are not reached', () => {
    expect(verdictOf('writing a message', [])).toBe('not measured');
  });
});
