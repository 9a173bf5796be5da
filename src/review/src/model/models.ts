// All models: skill by horizon, figures on the map, and the difference of two.

import type { Payload } from '../data/types';
import { records } from './coast';
import { modelFigure, NO_DATA, NOT_COVERED, type Layer, type Shown } from './quantity';
import type { Bin } from './record';
import type { Release } from './release';

export type Compared = 'p1' | 'expected';

export interface SkillRow {
  model: string;
  skill: (number | null)[];
}

/** Skill of every model, the best on average first; models that were not scored are left out. */
export function skillRows(scores: Payload['scores'], score: string, baseline: string, set: string): SkillRow[] {
  const table = scores.values[set]?.[`${score}_skill_vs_${baseline}`] ?? [];
  const average = (row: SkillRow): number => {
    const known = row.skill.filter((value) => value !== null);
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  return table
    .map((skill, place) => ({ model: scores.models[place], skill }))
    .filter(({ skill }) => skill.some((value) => value !== null))
    .sort((a, b) => average(b) - average(a));
}

/** What one model says for one month, the horizon at position `step`. */
export function modelLayer(release: Release, name: string, what: Compared, step: number): Layer {
  const model = release.models.names.indexOf(name);
  const values = Float64Array.from({ length: release.size }, (_, region) =>
    modelFigure(release, release.models[what], model, step, region),
  );
  const states = new Uint8Array(release.size);
  values.forEach((value, region) => {
    if (Number.isNaN(value)) states[region] = NO_DATA;
    if (!release.payload.regions.covered[region]) states[region] = NOT_COVERED;
  });
  return { shown: what === 'p1' ? 'p' : 'expected', values, states };
}

export function differenceLayer(first: Layer, second: Layer): Layer {
  const shown: Shown = first.shown === 'p' ? 'change' : 'excess';
  return { shown, values: second.values.map((value, region) => value - first.values[region]), states: first.states };
}

/** What was found suspicious about the chosen model, with the horizons where it was; null if the release does not say. */
export function suspicionsOf(release: Release): { flag: string; horizons: number[] }[] | null {
  const table = release.payload.suspicions;
  if (!table) return null;
  const found = new Map<string, number[]>();
  for (const row of records(table)) found.set(String(row.flag), [...(found.get(String(row.flag)) ?? []), Number(row.horizon)]);
  return [...found].map(([flag, horizons]) => ({ flag, horizons: [...new Set(horizons)].sort((a, b) => a - b) }));
}

/** The reliability curve of the chosen model that the release holds, at its shortest horizon; null if there is none. */
export function reliabilityOf(release: Release, set: string): Bin[] | null {
  const table = release.payload.reliability;
  if (!table) return null;
  const rows = records(table).filter((row) => row.model === release.payload.release.champion && row.set === set);
  const shortest = Math.min(...rows.map((row) => Number(row.horizon)));
  const bins = rows
    .filter((row) => Number(row.horizon) === shortest)
    .map((row) => ({ probability: Number(row.probability), observed: Number(row.observed), n: Number(row.n) }));
  return bins.length ? bins.sort((a, b) => a.probability - b.probability) : null;
}
