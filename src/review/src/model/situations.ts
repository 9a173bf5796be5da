// Past situations like the present one in a region, and what followed them.

import { recordedTotal, type History } from './release';

const BANDS = [0, 1, 2, 4, 8, 16, 32];
const ENOUGH = 10;

export interface Situations {
  /** Months of the past, of any region, whose last year and last quarter were like the present. */
  found: number;
  /** How many of them were followed by at least `k` in the window. */
  followed: number;
  year: [number, number];
  quarter: [number, number];
}

/** The band of counts that a count belongs to: 0, 1, 2-3, 4-7, 8-15, 16-31, 32 and more. */
export function band(count: number): [number, number] {
  const place = BANDS.findLastIndex((edge) => count >= edge);
  return [BANDS[place], (BANDS[place + 1] ?? Infinity) - 1];
}

/**
 * Look for months when a region's last twelve and last three months lay in the same bands as here now, with the same
 * window on record after them. Null with fewer than ten, or without a record.
 */
export function similar(
  history: History | null,
  region: number,
  regions: number,
  k: number,
  ahead: number,
  length: number,
): Situations | null {
  if (!history) return null;
  const last = history.months.length - 1;
  const year = band(recordedTotal(history, region, last - 11, last));
  const quarter = band(recordedTotal(history, region, last - 2, last));
  let found = 0;
  let followed = 0;
  for (let other = 0; other < regions; other += 1) {
    for (let month = 11; month + ahead + length - 1 <= last; month += 1) {
      if (!inside(recordedTotal(history, other, month - 11, month), year)) continue;
      if (!inside(recordedTotal(history, other, month - 2, month), quarter)) continue;
      const after = recordedTotal(history, other, month + ahead, month + ahead + length - 1);
      if (Number.isNaN(after)) continue;
      found += 1;
      if (after >= k) followed += 1;
    }
  }
  return found >= ENOUGH ? { found, followed, year, quarter } : null;
}

function inside(count: number, [low, high]: [number, number]): boolean {
  return count >= low && count <= high;
}
