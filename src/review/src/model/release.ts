// A release as the views use it: every packed array read back, months named, geometry as paths can draw it.

import { unpackCounts, unpackScaled } from '../data/decode';
import type { Payload, Rings } from '../data/types';
import { Draws } from './draws';
import { monthsBetween, toMonth, toNumber } from './months';

export interface Earlier {
  origin: string;
  champion: string;
  horizons: number[];
  /** By horizon, then region. */
  p1: Float64Array;
  expected: Float64Array;
}

export interface History {
  months: string[];
  /** Recorded count by region, then month; NaN where the source does not cover it. */
  counts: Float64Array;
}

export interface Release {
  payload: Payload;
  size: number;
  draws: Draws;
  /** Target month of each horizon. */
  months: string[];
  previous: { draws: Draws; origin: string } | null;
  models: { names: string[]; p1: Float64Array; expected: Float64Array };
  /** The model that scored best beside the chosen one; its regions can be asked one by one only. */
  rival: { draws: Draws; name: string } | null;
  /** P(at least one) a month before, by the window's horizons, for releases without an earlier one beside them. */
  windows: { horizons: [number, number]; earlier: Float64Array }[];
  history: History | null;
  earlier: Earlier[];
}

export async function readRelease(payload: Payload): Promise<Release> {
  const { forecast, previous, models, rival } = payload;
  const origin = toNumber(payload.release.origin);
  const [counts, before, p1, expected, history, others] = await Promise.all([
    unpackCounts(forecast.draws),
    previous ? unpackCounts(previous.draws) : null,
    unpackScaled(models.p1),
    unpackScaled(models.expected),
    payload.history ? unpackCounts(payload.history.counts) : null,
    rival ? unpackCounts(rival.draws) : null,
  ]);
  const earlier = await Promise.all(
    payload.earlier.map(async (each) => ({
      origin: each.origin,
      champion: each.champion,
      horizons: each.horizons,
      p1: await unpackScaled(each.p1),
      expected: await unpackScaled(each.expected),
    })),
  );
  const windows = await Promise.all(
    Object.values(payload.windows).map(async (each) => ({
      horizons: each.horizons,
      earlier: await unpackScaled(each.earlier),
    })),
  );
  return {
    payload,
    size: payload.regions.code.length,
    draws: new Draws(counts, forecast.n, forecast.horizons),
    months: forecast.horizons.map((horizon) => toMonth(origin + horizon)),
    previous:
      previous && before
        ? {
            draws: new Draws(before, previous.n, previous.horizons),
            origin: previous.origin,
          }
        : null,
    models: { names: models.names, p1, expected },
    rival: rival && others ? { draws: new Draws(others, rival.n, forecast.horizons), name: rival.name } : null,
    windows,
    history: payload.history && history ? readHistory(payload.history, history) : null,
    earlier,
  };
}

/** Positions of the horizons of a window in the earlier release's draws; null if it does not reach so far. */
export function previousWindow(release: Release, from: number, to: number): [number, number] | null {
  const { previous, payload } = release;
  if (!previous) return null;
  const wanted = [from, to].map((place) => previous.draws.horizons.indexOf(payload.forecast.horizons[place]));
  return wanted[0] >= 0 && wanted[1] >= 0 ? [wanted[0], wanted[1]] : null;
}

/** P(at least k) in the same months as the release before saw it; null if nobody knows. */
export function probabilityBefore(release: Release, k: number, from: number, to: number): Float64Array | null {
  const places = previousWindow(release, from, to);
  if (release.previous && places) return release.previous.draws.probability(k, ...places);
  if (k !== 1 || release.previous) return null;
  const horizons = release.payload.forecast.horizons;
  const same = release.windows.find((each) => each.horizons[0] === horizons[from] && each.horizons[1] === horizons[to]);
  return same ? same.earlier : null;
}

/** Recorded count of a region in a month; NaN where it is not known. */
export function recorded(history: History, region: number, month: number): number {
  return history.counts[region * history.months.length + month];
}

/** Sum of recorded counts over months at positions `from` to `to`; NaN where one is not known. */
export function recordedTotal(history: History, region: number, from: number, to: number): number {
  let total = 0;
  for (let month = Math.max(from, 0); month <= to; month += 1) total += recorded(history, region, month);
  return total;
}

function readHistory(packed: NonNullable<Payload['history']>, counts: Uint32Array): History {
  const months = monthsBetween(packed.first, toMonth(toNumber(packed.first) + packed.months - 1));
  const values = Float64Array.from(counts);
  for (const [region, month] of packed.uncovered) values[region * months.length + month] = Number.NaN;
  return { months, counts: values };
}

export type Position = [number, number];
export interface Outline {
  type: 'MultiPolygon';
  coordinates: Position[][][];
}

/** An outline in degrees; rings run clockwise around what they enclose, as d3-geo reads them. */
export function outline(rings: Rings, steps: number): Outline {
  return { type: 'MultiPolygon', coordinates: rings.map((polygon) => polygon.map((ring) => line(ring, steps))) };
}

/** A line in degrees. */
export function line(moves: number[], steps: number): Position[] {
  const points: Position[] = [];
  let x = 0;
  let y = 0;
  for (let i = 0; i < moves.length; i += 2) {
    x += moves[i];
    y += moves[i + 1];
    points.push([x / steps, y / steps]);
  }
  return points;
}
