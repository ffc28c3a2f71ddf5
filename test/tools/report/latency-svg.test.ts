import { describe, expect, it } from 'vitest';
import { createLatencyHistogram, type LatencyHistogram } from '../../../src/tools/report/latency-histogram.js';
import { latencySvg } from '../../../src/tools/report/latency-svg.js';
import { elementsOf } from '../xml.js';

const options = { title: 'Latency', details: ['one-way', '64 B payload'] };

function evenly(count: number, fromNs: number, toNs: number): LatencyHistogram {
  const histogram = createLatencyHistogram();
  for (let index = 0; index < count; index++) {
    histogram.recordValue(Math.round(fromNs + ((toNs - fromNs) * index) / Math.max(count - 1, 1)));
  }
  return histogram;
}

function single(histogram: LatencyHistogram): string {
  return latencySvg('hermes', histogram, options);
}

/** The texts of the elements whose class list has `name`. */
function textsOf(svg: string, name: string): string[] {
  return [...svg.matchAll(new RegExp(`<text class="[^"]*\\b${name}\\b[^"]*"[^>]*>([^<]*)</text>`, 'g'))].map(
    (match) => match[1]!,
  );
}

describe('latencySvg', () => {
  it('is a document by itself: nothing to load, nothing to run', () => {
    const svg = single(evenly(1_000, 100, 100_000));
    elementsOf(svg); // it is well-formed
    expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
    expect(svg).not.toMatch(/<script|<image|@import|url\(|href/);
  });

  it('has title, details and count', () => {
    const svg = single(evenly(12_345, 100, 100_000));
    expect(textsOf(svg, 'title')).toEqual(['Latency']);
    expect(textsOf(svg, 'muted')).toEqual(['one-way · 64 B payload · 12,345 values']);
  });

  it('follows the reader into the dark with a background of its own', () => {
    const svg = single(evenly(10, 100, 200));
    const [light, dark] = svg.split('@media (prefers-color-scheme: dark)');
    expect(light).toContain('.background { fill: #ffffff; }');
    expect(dark).toContain('.background { fill: #0d1117; }');
    expect(svg).toContain('<rect class="background"');
    for (const name of ['.title', '.muted', '.grid', '.curve.latency', '.fill.latency', '.mark', '.dot']) {
      expect([name, light!.includes(name), dark!.includes(name)]).toEqual([name, true, true]);
    }
  });

  it('has as many nines on its axis as the count supports', () => {
    const nines = (count: number): string[] =>
      textsOf(single(evenly(count, 100, 200)), 'middle').filter((text) => text.endsWith('%'));
    expect(nines(9)).toEqual(['0 %', '50 %']);
    expect(nines(10)).toEqual(['0 %', '50 %', '90 %']);
    expect(nines(999)).toEqual(['0 %', '50 %', '90 %', '99 %']);
    expect(nines(10_000)).toEqual(['0 %', '50 %', '90 %', '99 %', '99.9 %', '99.99 %']);
  });

  it('has a logarithmic axis of latencies for a large range, an even one for a small one', () => {
    const latencies = (fromNs: number, toNs: number): string[] =>
      textsOf(single(evenly(1_000, fromNs, toNs)), 'end').filter((text) => /^[\d.]+ .?s$/.test(text));
    expect(latencies(150, 45_000)).toEqual([
      '100 ns',
      '200 ns',
      '500 ns',
      '1 µs',
      '2 µs',
      '5 µs',
      '10 µs',
      '20 µs',
      '50 µs',
    ]);
    expect(latencies(1_000, 3_900)).toEqual(['0 ns', '1 µs', '2 µs', '3 µs', '4 µs']);
    expect(latencies(10_000, 10_900)).toEqual(['10 µs', '10.2 µs', '10.4 µs', '10.6 µs', '10.8 µs', '11 µs']);
    // Less than the histogram resolves well: a flat line, not its rounding under a magnifying glass.
    expect(latencies(10_000, 10_050)).toEqual(['0 ns', '5 µs', '10 µs', '15 µs']);
    expect(latencies(5, 2_000_000)).toEqual(['10 ns', '100 ns', '1 µs', '10 µs', '100 µs', '1 ms']);
  });

  it('labels p50, p99 and the maximum', () => {
    expect(textsOf(single(evenly(1_000, 1, 1_000)), 'mark')).toEqual(['p50 500 ns', 'p99 990 ns', 'max 1 µs']);
    expect(textsOf(single(evenly(50, 1, 50)), 'mark')).toEqual(['p50 25 ns', 'max 50 ns']);
    expect(textsOf(single(evenly(1, 7, 7)), 'mark')).toEqual(['max 7 ns']);
  });

  it('draws a curve that only rises and stays in the plot', () => {
    const svg = single(evenly(100_000, 0, 5_000_000));
    const path = /<path class="curve latency" d="([^"]*)"/.exec(svg)![1]!;
    const xs = [...path.matchAll(/[MH]([\d.]+)/g)].map((match) => Number(match[1]));
    const ys = [...path.matchAll(/[V ]([\d.]+)/g)].map((match) => Number(match[1]));
    expect(path).toMatch(/^M[\d.]+ [\d.]+(?:H[\d.]+V[\d.]+)+H[\d.]+$/);
    expect(xs).toEqual(xs.toSorted((a, b) => a - b));
    expect(ys).toEqual(ys.toSorted((a, b) => b - a));
    expect([xs[0], xs.at(-1), ys[0]]).toEqual([84, 924, 460]);
    expect(ys.at(-1)).toBeGreaterThanOrEqual(92);
  });

  it('stays small however many different values there are', () => {
    const histogram = createLatencyHistogram();
    for (let exponent = 0; exponent < 33; exponent += 1 / 2_000) histogram.recordValue(Math.floor(2 ** exponent));
    expect(single(histogram).length).toBeLessThan(64 * 1024);
  });

  it('says the figures in words, and beside each dot', () => {
    const svg = single(evenly(1_000, 1, 1_000));
    expect(/<desc>(.*)<\/desc>/.exec(svg)![1]).toBe('hermes: p50 500 ns, p99 990 ns, max 1 µs');
    expect([...svg.matchAll(/<title>(hermes .*?)<\/title>/g)].map((match) => match[1])).toEqual([
      'hermes p50 500 ns',
      'hermes p99 990 ns',
      'hermes max 1 µs',
    ]);
    expect(single(createLatencyHistogram())).toContain('<desc>hermes: no latencies recorded</desc>');
  });

  it('has room for all of its text', () => {
    const svg = single(evenly(1_000, 1, 1_000));
    const height = Number(/viewBox="0 0 960 ([\d.]+)"/.exec(svg)![1]);
    const lowest = Math.max(...[...svg.matchAll(/<text[^>]* y="([\d.]+)"/g)].map((match) => Number(match[1])));
    expect(height - lowest).toBeGreaterThan(10);
  });

  it('escapes what it is given', () => {
    const nasty = `</text><script>alert("1")</script> & 'x' \u0000\u001b`;
    const svg = latencySvg(nasty, evenly(10, 1, 10), { title: nasty, details: [nasty] });
    elementsOf(svg); // it is well-formed
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    expect(svg).not.toMatch(/[\u0000-\u0008\u000e-\u001f]/);
  });

  it.each([
    ['an empty histogram', createLatencyHistogram()],
    ['a single 0', evenly(1, 0, 0)],
    ['a single value', evenly(1, 5_021, 5_021)],
    ['equal values', evenly(1_000, 777, 777)],
    ['the largest values', evenly(10, 1, Number.MAX_SAFE_INTEGER)],
  ])('is a well-formed picture of %s', (_, histogram) => {
    const svg = single(histogram);
    elementsOf(svg); // it is well-formed
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.includes('>no latencies recorded</text>')).toBe(histogram.totalCount === 0);
  });
});
