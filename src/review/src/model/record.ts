// How past releases turned out: each P(at least one) beside what was recorded since.

import { toMonth, toNumber } from './months';
import { recorded, recordedTotal, type Earlier, type History, type Release } from './release';

export interface Judged {
  region: number;
  month: string;
  horizon: number;
  p: number;
  baseline: number;
  expected: number;
  count: number;
}

export interface Verdict {
  origin: string;
  champion: string;
  judged: Judged[];
  months: string[];
  brier: number;
  baseline: number;
  expected: number;
  recorded: number;
  /** Of the ten likeliest regions of the first month judged, how many saw an attack; and how many were named. */
  hits: number;
  named: number;
}

const TOP = 10;
const YEAR = 12;

/** The share that was recorded as (k + 1/4) / 12.5: the region's own last twelve months before the origin. */
export function ownYear(history: History, region: number, origin: number): number {
  if (origin < YEAR - 1) return Number.NaN;
  let hit = 0;
  for (let month = origin - YEAR + 1; month <= origin; month += 1) {
    const count = recorded(history, region, month);
    if (Number.isNaN(count)) return Number.NaN;
    if (count > 0) hit += 1;
  }
  return (hit + 0.25) / (YEAR + 0.5);
}

export function judge(release: Release): Verdict[] {
  const { history } = release;
  if (!history) return [];
  return release.earlier.map((each) => verdict(each, history, release.size)).filter(({ judged }) => judged.length > 0);
}

function verdict(earlier: Earlier, history: History, regions: number): Verdict {
  const judged: Judged[] = [];
  const origin = history.months.indexOf(earlier.origin);
  for (const [step, horizon] of earlier.horizons.entries()) {
    const month = toMonth(toNumber(earlier.origin) + horizon);
    const place = history.months.indexOf(month);
    for (let region = 0; region < regions && place >= 0; region += 1) {
      const count = recorded(history, region, place);
      const p = earlier.p1[step * regions + region];
      if (Number.isNaN(count) || Number.isNaN(p)) continue;
      const expected = earlier.expected[step * regions + region];
      judged.push({ region, month, horizon, p, baseline: ownYear(history, region, origin), expected, count });
    }
  }
  const first = judged.filter(({ horizon }) => horizon === judged[0]?.horizon);
  const top = first.toSorted((a, b) => b.p - a.p).slice(0, TOP);
  const fair = judged.filter(({ baseline }) => !Number.isNaN(baseline));
  return {
    origin: earlier.origin,
    champion: earlier.champion,
    judged,
    months: [...new Set(judged.map(({ month }) => month))],
    brier: average(judged.map(({ p, count }) => brier(p, count))),
    baseline: average(fair.map(({ baseline, count }) => brier(baseline, count))),
    expected: judged.reduce((sum, { expected }) => sum + expected, 0),
    recorded: judged.reduce((sum, { count }) => sum + count, 0),
    hits: top.filter(({ count }) => count > 0).length,
    named: top.length,
  };
}

export function brier(p: number, count: number): number {
  return (p - (count > 0 ? 1 : 0)) ** 2;
}

export interface Bin {
  probability: number;
  observed: number;
  n: number;
}

/** Forecasts of five equal widths of probability, each with how often an attack was recorded; empty ones left out. */
export function reliability(judged: { p: number; count: number }[], bins = 5): Bin[] {
  return Array.from({ length: bins }, (_, bin) => {
    const held = judged.filter(({ p }) => Math.min(Math.floor(p * bins), bins - 1) === bin);
    return {
      probability: average(held.map(({ p }) => p)),
      observed: average(held.map(({ count }) => (count > 0 ? 1 : 0))),
      n: held.length,
    };
  }).filter(({ n }) => n > 0);
}

/** The newest months with a recorded attack in a region, at most `most`. */
export function lastAttacks(history: History, region: number, most: number): { month: string; count: number }[] {
  return history.months
    .map((month, place) => ({ month, count: recorded(history, region, place) }))
    .filter(({ count }) => count > 0)
    .slice(-most)
    .reverse();
}

/** Recorded count in the newest months. */
export function newest(history: History, region: number, months: number): number {
  const end = history.months.length - 1;
  return recordedTotal(history, region, end - months + 1, end);
}

function average(values: number[]): number {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : Number.NaN;
}
