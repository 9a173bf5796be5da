// Groups of regions: countries, belts and routes from the joint draws; reach and pressure from the release's tables.

import type { Group, Table } from '../data/types';
import type { Page } from '../state.svelte';
import { atLeast, mean, type Interval } from './draws';
import type { Release } from './release';

const MOST_SENDERS = 3;

export interface GroupRow {
  group: Group;
  p: number;
  expected: number;
  /** The region of the group with the highest probability. */
  top: number;
}

export function groupRows(page: Page, kind: Group['kind']): GroupRow[] {
  const { release, k, from, to, p } = page;
  return release.payload.groups
    .filter((group) => group.kind === kind)
    .map((group) => {
      const totals = release.draws.groupTotals(group.members, from, to);
      const top = group.members.reduce((best, region) => (p[region] > p[best] ? region : best), group.members[0]);
      return { group, p: atLeast(totals, k), expected: mean(totals), top };
    })
    .sort((a, b) => b.p - a.p || b.expected - a.expected);
}

/** For each country that is quiet: P(at least one by the end of each of some months). */
export function arrivals(release: Release): { group: Group; by: { month: string; p: number }[] }[] {
  const { covered, quiet } = release.payload.regions;
  const last = release.months.length - 1;
  const steps = [...new Set([0, 2, 5, 8, 11].map((step) => Math.min(step, last)))];
  return release.payload.groups
    .filter(({ kind, members }) => kind === 'country' && members.every((region) => quiet[region] && covered[region]))
    .map((group) => ({
      group,
      by: steps.map((step) => ({
        month: release.months[step],
        p: atLeast(release.draws.groupTotals(group.members, 0, step), 1),
      })),
    }))
    .sort((a, b) => (b.by.at(-1)?.p ?? 0) - (a.by.at(-1)?.p ?? 0));
}

export interface Front {
  month: string;
  now: { active: number; frontier: number } | null;
  ahead: { active: Interval; frontier: Interval };
}

/** How many regions are active and on the frontier now and in the last month ahead; null if the release cannot say. */
export function frontOf(release: Release): Front | null {
  const { ahead, replay } = release.payload.expansion;
  if (!ahead) return null;
  const last = (table: Table, quantity: string): Row | undefined =>
    records(table).filter((row) => row.quantity === quantity && row.scope === 'all').at(-1);
  const [active, frontier] = ['active_regions', 'frontier_regions'].map((quantity) => last(ahead, quantity));
  if (!active || !frontier) return null;
  const before = replay && [last(replay, 'active_regions'), last(replay, 'frontier_regions')];
  const told = (row: Row): Interval => ({ low: Number(row.q05), middle: Number(row.q50), high: Number(row.q95) });
  return {
    month: String(active.month),
    now: before && before[0] && before[1] ? { active: Number(before[0].value), frontier: Number(before[1].value) } : null,
    ahead: { active: told(active), frontier: told(frontier) },
  };
}

export interface Reach {
  /** Nearest active region to the coast in past months, km. */
  past: { month: string; value: number }[];
  ahead: { month: string; low: number; middle: number; high: number }[];
}

/** How far from the coast the nearest active region is, of all regions or one country; null if the release cannot say. */
export function reachOf(release: Release, scope: string, name: string): Reach | null {
  const { ahead, replay } = release.payload.expansion;
  if (!ahead) return null;
  const wanted = (row: Row) => row.quantity === 'reach' && row.scope === scope && row.name === name;
  const rows = records(ahead).filter((row) => wanted(row) && row.q50 !== null);
  if (!rows.length) return null;
  return {
    past: replay ? records(replay).filter(wanted).map((row) => ({ month: String(row.month), value: Number(row.value) })) : [],
    ahead: rows.map((row) => ({
      month: String(row.month),
      low: Number(row.q05),
      middle: Number(row.q50),
      high: Number(row.q95),
    })),
  };
}

export interface Growth {
  /** First month of the twelve. */
  month: string;
  newly: number;
  escalation: { joins: number; expected: number; p: number };
  relocation: { joins: number; expected: number; p: number };
}

/** How newly hit regions of the newest year lay beside those hit the year before; null if the release cannot say. */
export function growthOf(release: Release): Growth | null {
  const table = release.payload.expansion.joins;
  const years = table ? records(table).filter(({ later }) => later !== 'all') : [];
  const month = years.map(({ later }) => String(later)).sort().at(-1);
  const told = (kind: string) => {
    const row = years.find((each) => each.later === month && each.kind === kind);
    return row && { newly: Number(row.newly_hit), joins: Number(row.joins), expected: Number(row.expected), p: Number(row.p) };
  };
  const [escalation, relocation] = [told('escalation'), told('relocation')];
  return month && escalation && relocation ? { month, newly: escalation.newly, escalation, relocation } : null;
}

/** The largest senders of each country's expected attacks, over the first months that hold a window's last. */
export function pressureRows(page: Page): { receiver: string; within: number; senders: { name: string; share: number }[] }[] {
  const { payload } = page.release;
  const table = payload.expansion.pressure;
  if (!table) return [];
  const named = (code: string): string => {
    if (code === 'background') return page.t.background;
    if (code === 'own past') return page.t.ownPast;
    const region = payload.regions.code.indexOf(code);
    return region >= 0 ? page.fullName(region) : page.speech.country(code, payload.countries);
  };
  const rows = records(table);
  const told = [...new Set(rows.map((row) => Number(row.within)))].sort((a, b) => a - b);
  const last = payload.forecast.horizons[page.to];
  const within = told.find((months) => months >= last) ?? told[told.length - 1];
  const receivers = new Map<string, { name: string; share: number }[]>();
  for (const row of rows.filter((each) => each.within === within)) {
    const senders = receivers.get(String(row.receiver)) ?? [];
    if (senders.length < MOST_SENDERS) senders.push({ name: named(String(row.sender)), share: Number(row.share) });
    receivers.set(String(row.receiver), senders);
  }
  return [...receivers].map(([code, senders]) => ({ receiver: page.speech.country(code, payload.countries), within, senders }));
}

type Row = Record<string, Table['rows'][number][number]>;

export function records(table: Table): Row[] {
  return table.rows.map((row) => Object.fromEntries(table.columns.map((column, place) => [column, row[place]])));
}
