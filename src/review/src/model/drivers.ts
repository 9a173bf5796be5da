// What a region's expected count is made of, over the first months ahead.

import type { Payload } from '../data/types';
import type { Words } from '../lang/en';

export interface Drivers {
  total: number;
  /** The first so many months ahead that the split is of. */
  within: number;
  parts: { name: string; kind: Kind; share: number }[];
}

type Kind = 'background' | 'own' | 'neighbour';
const SMALLEST = 0.005;

/** The split of the first months that hold a window's last, at horizon `last`; null if the release has none. */
export function driversOf(
  payload: Payload,
  region: number,
  last: number,
  nameOf: (region: number) => string,
  t: Words,
): Drivers | null {
  const { drivers, regions } = payload;
  if (!drivers) return null;
  const told = [...new Set(drivers.within)].sort((a, b) => a - b);
  const within = told.find((months) => months >= last) ?? told[told.length - 1];
  const rows = drivers.region.flatMap((receiver, row) =>
    receiver === region && drivers.within[row] === within ? [row] : [],
  );
  const total = rows.reduce((sum, row) => sum + drivers.expected[row], 0);
  if (total <= 0) return null;
  const sums = new Map<string, { name: string; kind: Kind; share: number }>();
  for (const row of rows) {
    const share = drivers.expected[row] / total;
    const source = drivers.sources[drivers.source[row]];
    const small = share < SMALLEST && source !== 'background' && source !== 'own past';
    const part = named(small ? '' : source, regions.code, nameOf, t);
    sums.set(part.name, { ...part, share: share + (sums.get(part.name)?.share ?? 0) });
  }
  return { total, within, parts: [...sums.values()].sort((a, b) => b.share - a.share) };
}

function named(
  source: string,
  codes: string[],
  nameOf: (region: number) => string,
  t: Words,
): { name: string; kind: Kind } {
  if (source === 'background') return { name: t.background, kind: 'background' };
  if (source === 'own past') return { name: t.ownPast, kind: 'own' };
  const place = codes.indexOf(source);
  return { name: place >= 0 ? nameOf(place) : t.othersWord, kind: 'neighbour' };
}
