import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { unpackCounts, unpackScaled } from '../src/data/decode';
import type { Packed } from '../src/data/types';
import { atLeast, Draws, eventProbability, interval, mean, quantile } from '../src/model/draws';
import { noise } from '../src/model/quantity';

interface Case {
  from: number;
  to: number;
  probability: Record<string, number[]>;
  expected: number[];
  q05: number[];
  q50: number[];
  q95: number[];
  unsure: boolean[];
  groups: Record<string, number[]>;
  first: number[];
  noise: number[] | null;
  earlier: number[] | null;
}

interface Fixture {
  draws: Packed;
  n: number;
  horizons: number[];
  sums: number[];
  cases: Case[];
  shares: { packed: Packed; values: (number | null)[] };
  measures: { packed: Packed; values: number[] };
}

// Written by tests/page/arithmetic.py from harmattan.forecast and harmattan.layers.
const said = JSON.parse(readFileSync(new URL('./arithmetic.json', import.meta.url), 'utf-8')) as Fixture;
const counts = await unpackCounts(said.draws);
const draws = new Draws(counts, said.n, said.horizons);

describe('packed arrays', () => {
  test('counts come back exactly', () => {
    const [regions, months, n] = said.draws.shape;
    for (let region = 0; region < regions; region += 1) {
      const own = counts.slice(region * months * n, (region + 1) * months * n);
      expect(own.reduce((sum, each) => sum + each, 0)).toBe(said.sums[region]);
    }
  });

  test('shares come back to 1/50,000, missing ones as NaN', async () => {
    const values = await unpackScaled(said.shares.packed);
    said.shares.values.forEach((value, i) => {
      if (value === null) expect(values[i]).toBeNaN();
      else expect(Math.abs(values[i] - value)).toBeLessThanOrEqual(1 / 100_000);
    });
  });

  test('measures come back to their step', async () => {
    const values = await unpackScaled(said.measures.packed);
    const step = 1 / (said.measures.packed.scale ?? 1);
    said.measures.values.forEach((value, i) => expect(Math.abs(values[i] - value)).toBeLessThanOrEqual(step / 2 + 1e-12));
  });
});

describe.each(said.cases)('months $from to $to', (window) => {
  const { from, to } = window;

  test('probabilities are those of Python, for every threshold', () => {
    for (const [k, wanted] of Object.entries(window.probability)) {
      expect(Array.from(draws.probability(Number(k), from, to))).toEqual(wanted);
    }
  });

  test('expected counts are those of Python', () => {
    draws.expected(from, to).forEach((value, region) => expect(value).toBeCloseTo(window.expected[region], 10));
  });

  test('quantiles are those of Python', () => {
    const found = draws.intervals(from, to);
    expect(found.map(({ low }) => low)).toEqual(window.q05);
    expect(found.map(({ middle }) => middle)).toEqual(window.q50);
    expect(found.map(({ high }) => high)).toEqual(window.q95);
  });

  test('groups are counted from joint draws as in Python', () => {
    const members = [[0, 1, 2, 3], [4, 5, 6]];
    for (const [k, wanted] of Object.entries(window.groups)) {
      expect(members.map((each) => atLeast(draws.groupTotals(each, from, to), Number(k)))).toEqual(wanted);
    }
  });

  test('first attacks are those of Python', () => {
    expect(Array.from(draws.first(from, to))).toEqual(window.first);
  });

  test('what could go either way is what Python calls unsure', () => {
    const p = draws.probability(1, from, to);
    expect(Array.from(p, (value) => value >= 1 / 3 && value <= 2 / 3)).toEqual(window.unsure);
  });

  test('the noise of a change is that of Python', () => {
    const { earlier } = window;
    if (!earlier || !window.noise) return;
    const now = draws.probability(1, from, to);
    const found = Array.from(now, (value, region) => noise(value, said.n, earlier[region], said.n / 2));
    found.forEach((value, region) => expect(value).toBeCloseTo(window.noise?.[region] ?? Number.NaN, 10));
  });
});

test('no finite set of draws is certain', () => {
  expect(eventProbability(0, 12)).toBe(0.02);
  expect(eventProbability(12, 12)).toBe(0.98);
  expect(eventProbability(3, 12)).toBe(0.26);
});

test('a window never falls as it grows, nor a probability as its threshold falls', () => {
  for (let to = 1; to < said.horizons.length; to += 1) {
    const short = draws.probability(2, 0, to - 1);
    draws.probability(2, 0, to).forEach((value, region) => expect(value).toBeGreaterThanOrEqual(short[region]));
    draws.probability(1, 0, to - 1).forEach((value, region) => expect(value).toBeGreaterThanOrEqual(short[region]));
  }
});

test('an interval is of the sum, not the sum of intervals', () => {
  const whole = interval(draws.groupTotals([4, 5], 0, 0));
  expect(mean(draws.groupTotals([4, 5], 0, 0))).toBeCloseTo(draws.expected(0, 0)[4] + draws.expected(0, 0)[5], 10);
  expect(whole.high).toBeLessThanOrEqual(draws.intervals(0, 0)[4].high + draws.intervals(0, 0)[5].high);
});

test('a quantile is the smallest value that its share does not exceed', () => {
  expect([0.05, 0.5, 0.95].map((level) => quantile([1, 2, 3, 4], level))).toEqual([1, 2, 4]);
  expect(quantile([7], 0.5)).toBe(7);
});
