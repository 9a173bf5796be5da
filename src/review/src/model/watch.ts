// Rows of the watch list: filtered and sorted as the reader asks.

import type { Page } from '../state.svelte';

export type Column = 'rank' | 'before' | 'name' | 'country' | 'p' | 'odds' | 'expected' | 'interval' | 'change' | 'status';

export interface Row {
  region: number;
  rank: number;
  before: number;
  name: string;
  country: string;
  covered: boolean;
  p: number;
  expected: number;
  low: number;
  high: number;
  change: number;
  quiet: boolean;
}

export function watchRows(page: Page): Row[] {
  const { regions } = page.release.payload;
  const { text, country, quiet, minimum } = page.filter;
  const wanted = fold(text);
  const rows = regions.code.map((_, region) => row(page, region)).filter(
    (each) =>
      (!wanted || fold(each.name).includes(wanted)) &&
      (!country || regions.country[each.region] === country) &&
      (!quiet || each.quiet) &&
      (minimum === 0 || each.p >= minimum),
  );
  const { column, down } = page.sort;
  const order = by(page, column as Column);
  return rows.sort((a, b) => Number(b.covered) - Number(a.covered) || (down ? order(b, a) : order(a, b)) || a.rank - b.rank);
}

function row(page: Page, region: number): Row {
  const { low, high } = page.intervals[region];
  const { regions } = page.release.payload;
  return {
    region,
    rank: page.ranks[region],
    before: page.ranksBefore?.[region] ?? 0,
    name: page.name(region),
    country: page.countryOf(region),
    covered: Boolean(regions.covered[region]),
    p: page.p[region],
    expected: page.expected[region],
    low,
    high,
    change: page.before ? page.p[region] - page.before[region] : Number.NaN,
    quiet: Boolean(regions.quiet[region]),
  };
}

function by(page: Page, column: Column): (a: Row, b: Row) => number {
  if (column === 'name' || column === 'country') return (a, b) => page.speech.compare(a[column], b[column]);
  const value = (each: Row): number => {
    if (column === 'interval') return each.high - each.low;
    if (column === 'status') return Number(each.quiet);
    if (column === 'odds') return each.p;
    if (column === 'change') return Number.isNaN(each.change) ? -Infinity : each.change;
    return each[column as 'rank' | 'before' | 'p' | 'expected'];
  };
  return (a, b) => {
    const [first, second] = [value(a), value(b)];
    return first === second ? 0 : first - second;
  };
}

/** Without accents or capitals: "Kédougou" is found by "kedougou". */
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{Diacritic}/gu, '').toLowerCase().trim();
}
