// The quantities a map can show: one value and one state per region, for a run of months.

import { probabilityBefore, recordedTotal, type Release } from './release';

export const QUANTITIES = ['p', 'expected', 'first', 'change', 'excess', 'width'] as const;
export type Quantity = (typeof QUANTITIES)[number];
export type Shown = Quantity | 'recorded';

export const PLAIN = 0;
export const UNSURE = 1;
export const NO_DATA = 2;
export const NOT_COVERED = 3;
export const ACTIVE = 4;

export interface Layer {
  shown: Shown;
  values: Float64Array;
  /** PLAIN, UNSURE (hatched), NO_DATA, NOT_COVERED or, for first attacks, ACTIVE. */
  states: Uint8Array;
}

const COIN: [number, number] = [1 / 3, 2 / 3];
/** Smaller changes are of the middle class, whatever their sign. */
export const SMALLEST_SHIFT = 0.045;
const STANDARD_ERRORS = 2;
const LAST_YEAR = 12;

/** Two standard errors of a difference of probabilities from finite draws. */
export function noise(now: number, draws: number, before: number, drawsBefore: number): number {
  return STANDARD_ERRORS * Math.sqrt((now * (1 - now)) / draws + (before * (1 - before)) / drawsBefore);
}

/** Whether an interval is too wide to plan with: at least 3, and more than twice what is expected. */
export function wide(width: number, expected: number): boolean {
  return width >= 3 && width > 2 * Math.max(expected, 1);
}

/** Recorded count per month over the last twelve known months; NaN without a record. */
export function ownRate(release: Release, region: number): number {
  const { history } = release;
  if (!history || history.months.length < LAST_YEAR) return Number.NaN;
  const end = history.months.length - 1;
  return recordedTotal(history, region, end - LAST_YEAR + 1, end) / LAST_YEAR;
}

/** What a baseline expects per month in a window: the record of the last year, or conflictology, which is the same. */
export function baselineExpected(release: Release, region: number, from: number, to: number): number {
  const own = ownRate(release, region);
  if (!Number.isNaN(own)) return own * (to - from + 1);
  const place = release.models.names.indexOf('conflictology');
  if (place < 0) return Number.NaN;
  let total = 0;
  for (let step = from; step <= to; step += 1) total += modelFigure(release, release.models.expected, place, step, region);
  return total;
}

export function modelFigure(release: Release, figures: Float64Array, model: number, step: number, region: number): number {
  return figures[(model * release.payload.forecast.horizons.length + step) * release.size + region];
}

/** What the map shows over the forecast months at positions `from` to `to`. */
export function forecastLayer(release: Release, quantity: Quantity, k: number, from: number, to: number): Layer {
  const { draws, size } = release;
  const states = new Uint8Array(size);
  let values: Float64Array;
  if (quantity === 'p') {
    values = draws.probability(k, from, to);
    mark(states, (region) => values[region] >= COIN[0] && values[region] <= COIN[1]);
  } else if (quantity === 'first') {
    values = draws.first(from, to);
    mark(states, (region) => values[region] >= COIN[0] && values[region] <= COIN[1]);
    mark(states, (region) => !release.payload.regions.quiet[region], ACTIVE);
  } else if (quantity === 'change') {
    values = changes(release, k, from, to, states);
  } else {
    const expected = draws.expected(from, to);
    const intervals = draws.intervals(from, to);
    const doubtful = (region: number) => wide(intervals[region].high - intervals[region].low, expected[region]);
    if (quantity === 'width') values = Float64Array.from(intervals, ({ low, high }) => high - low);
    else if (quantity === 'expected') values = expected;
    else values = expected.map((value, region) => value - baselineExpected(release, region, from, to));
    if (quantity !== 'width') mark(states, doubtful);
  }
  return withGaps(release, quantity, values, states);
}

/** Recorded counts over the months of the record at positions `from` to `to`. */
export function recordedLayer(release: Release, from: number, to: number): Layer {
  const values = new Float64Array(release.size).fill(Number.NaN);
  if (release.history) for (let i = 0; i < release.size; i += 1) values[i] = recordedTotal(release.history, i, from, to);
  const states = new Uint8Array(release.size);
  mark(states, (region) => Number.isNaN(values[region]), NO_DATA);
  return { shown: 'recorded', values, states };
}

function changes(release: Release, k: number, from: number, to: number, states: Uint8Array): Float64Array {
  const now = release.draws.probability(k, from, to);
  const before = probabilityBefore(release, k, from, to);
  if (!before) return new Float64Array(release.size).fill(Number.NaN);
  const drawsBefore = release.previous?.draws.n ?? release.payload.release.draws;
  mark(states, (region) => {
    const moved = Math.abs(now[region] - before[region]);
    return moved >= SMALLEST_SHIFT && moved <= noise(now[region], release.draws.n, before[region], drawsBefore);
  });
  return now.map((value, region) => value - before[region]);
}

function mark(states: Uint8Array, chosen: (region: number) => boolean, state = UNSURE): void {
  for (let region = 0; region < states.length; region += 1) if (chosen(region)) states[region] = state;
}

function withGaps(release: Release, shown: Shown, values: Float64Array, states: Uint8Array): Layer {
  mark(states, (region) => Number.isNaN(values[region]), NO_DATA);
  mark(states, (region) => !release.payload.regions.covered[region], NOT_COVERED);
  return { shown, values, states };
}
