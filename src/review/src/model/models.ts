// All models: skill by horizon, figures on the map, and the difference of two.

import type { Payload } from '../data/types';
import { records } from './coast';
import type { Draws } from './draws';
import { modelFigure, NO_DATA, noise, NOT_COVERED, SMALLEST_SHIFT, UNSURE, type Layer, type Shown } from './quantity';
import type { Bin } from './record';
import type { Release } from './release';

export type Compared = 'p1' | 'expected';

export interface Span {
  k: number;
  from: number;
  to: number;
}

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

/** The draws of a model: those of the chosen one and of the best beside it are in the page; null for others. */
export function drawsOf(release: Release, name: string): Draws | null {
  if (name === release.payload.release.champion) return release.draws;
  return name === release.rival?.name ? release.rival.draws : null;
}

/** What one model says for the forecast months at positions `from` to `to`; without draws for the first, at least one. */
export function modelLayer(release: Release, name: string, what: Compared, span: Span, draws: Draws | null): Layer {
  const { k, from, to } = span;
  const model = release.models.names.indexOf(name);
  const told = draws && (what === 'p1' ? draws.probability(k, from, to) : draws.expected(from, to));
  const values =
    told ??
    Float64Array.from({ length: release.size }, (_, region) =>
      modelFigure(release, release.models[what], model, from, region),
    );
  const states = new Uint8Array(release.size);
  values.forEach((value, region) => {
    if (Number.isNaN(value)) states[region] = NO_DATA;
    if (!release.payload.regions.covered[region]) states[region] = NOT_COVERED;
  });
  return { shown: what === 'p1' ? 'p' : 'expected', values, states };
}

/** Second less first; unsure where the difference of two probabilities is no more than their simulations' chance. */
export function differenceLayer(first: Layer, second: Layer, draws: [Draws, Draws] | null): Layer {
  const shown: Shown = first.shown === 'p' ? 'change' : 'excess';
  const values = second.values.map((value, region) => value - first.values[region]);
  const states = first.states.map((state, region) => Math.max(state, second.states[region]));
  if (draws && shown === 'change') {
    values.forEach((value, region) => {
      const chance = noise(first.values[region], draws[0].n, second.values[region], draws[1].n);
      if (!states[region] && Math.abs(value) >= SMALLEST_SHIFT && Math.abs(value) <= chance) states[region] = UNSURE;
    });
  }
  return { shown, values, states };
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
