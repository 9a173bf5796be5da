// What a release says in a few sentences: which regions, how many, what is new, what moved, how far to trust it.

import type { Page } from '../state.svelte';
import { recorded, type Release } from './release';
import { noise, SMALLEST_SHIFT } from './quantity';

export function likeliest(page: Page, most: number): number[] {
  return covered(page.release).sort((a, b) => page.p[b] - page.p[a]).slice(0, most);
}

/** Regions quiet for twelve months, the likeliest first. */
export function quietOnes(page: Page): number[] {
  const { quiet } = page.release.payload.regions;
  return covered(page.release).filter((region) => quiet[region]).sort((a, b) => page.p[b] - page.p[a]);
}

/** Regions that moved by 5 points or more, and by more than the simulation's chance. */
export function moved(page: Page, most: number): { up: number[]; down: number[] } {
  const { before, p, release } = page;
  if (!before) return { up: [], down: [] };
  const drawsBefore = release.previous?.draws.n ?? release.payload.release.draws;
  const change = (region: number) => p[region] - before[region];
  const real = covered(release).filter(
    (region) =>
      Math.abs(change(region)) >= SMALLEST_SHIFT &&
      Math.abs(change(region)) > noise(p[region], release.draws.n, before[region], drawsBefore),
  );
  const order = real.toSorted((a, b) => change(b) - change(a));
  return {
    up: order.filter((region) => change(region) > 0).slice(0, most),
    down: order.toReversed().filter((region) => change(region) < 0).slice(0, most),
  };
}

/** Recorded total of all regions in the newest month; null without a record. */
export function lastMonthTotal(release: Release): { month: string; count: number } | null {
  const { history, size } = release;
  const last = (history?.months.length ?? 0) - 1;
  if (!history || last < 0) return null;
  let count = 0;
  for (let region = 0; region < size; region += 1) count += recorded(history, region, last) || 0;
  return { month: history.months[last], count };
}

export interface Trust {
  origins: number;
  against: string;
  horizon: number;
  skill: number;
  onset: number | null;
  tried: number;
}

/** Log-score skill of the chosen model at the shortest horizon, against conflictology or another baseline. */
export function trust(release: Release): Trust | null {
  const { scores, release: said } = release.payload;
  const others = said.baselines.filter((name) => name !== said.champion && scores.values.all?.[`log_score_skill_vs_${name}`]);
  const against = others.includes('conflictology') ? 'conflictology' : others[0];
  const place = scores.models.indexOf(said.champion);
  const skill = scores.values.all?.[`log_score_skill_vs_${against}`]?.[place]?.[0];
  if (against === undefined || skill === null || skill === undefined) return null;
  const onset = scores.values.onset?.[`log_score_skill_vs_${against}`]?.[place]?.[0] ?? null;
  return { origins: said.scored.origins, against, horizon: scores.horizons[0], skill, onset, tried: scores.models.length };
}

function covered(release: Release): number[] {
  return release.payload.regions.covered.flatMap((known, region) => (known ? [region] : []));
}
