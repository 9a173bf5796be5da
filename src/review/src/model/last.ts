// The last recorded attacks of a region: single events where their source allows it, else counts by month.

import { toNumber } from './months';
import { lastAttacks } from './record';
import type { Release } from './release';

const MOST = 6;

export interface Attack {
  first: string;
  last: string;
  where: number | null;
  date: number | null;
  deaths: number | null;
}

export interface Last {
  attacks: Attack[];
  months: { month: string; count: number }[];
  /** Why there are no single events; null where there are. */
  why: 'terms' | 'own' | 'counts' | null;
  /** Months without an attack up to the end of the data; null if none is told. */
  silence: number | null;
}

/** What is known of a region's last attacks, the newest first; null if the release holds no record of any kind. */
export function lastOf(release: Release, region: number): Last | null {
  const { last, release: said } = release.payload;
  const since = (month: string | undefined) => (month === undefined ? null : toNumber(said.data_to) - toNumber(month));
  if (last?.kind === 'events') {
    const rows = places(last.region, region);
    const attacks = rows.map((row) => ({
      first: last.first[row],
      last: last.last[row],
      where: last.where_prec[row],
      date: last.date_prec[row],
      deaths: last.deaths[row],
    }));
    return { attacks, months: [], why: null, silence: since(attacks[0]?.first.slice(0, 7)) };
  }
  if (last) {
    const months = places(last.region, region).map((row) => ({ month: last.month[row], count: last.count[row] }));
    return { attacks: [], months, why: last.why, silence: since(months[0]?.month) };
  }
  if (!release.history) return null;
  const months = lastAttacks(release.history, region, MOST);
  return { attacks: [], months, why: 'counts', silence: since(months[0]?.month) };
}

function places(column: number[], region: number): number[] {
  return column.flatMap((each, row) => (each === region ? [row] : []));
}
