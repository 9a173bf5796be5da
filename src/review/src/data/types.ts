// The document of one release, as src/harmattan/page/README.md describes it.

export interface Packed {
  shape: number[];
  data: string;
  scale?: number;
}

export interface Table {
  columns: string[];
  rows: (string | number | boolean | null)[][];
}

export interface Group {
  kind: 'country' | 'belt' | 'corridor';
  name: string;
  /** The country a belt lies toward; empty for other groups. */
  near: string;
  coastal: boolean;
  members: number[];
}

export type Rings = number[][][];

export interface Outlines {
  steps: number;
  regions: Rings[];
  borders: Rings[];
  /** Countries beside; `spot` is where the name goes, null where too little is in view. */
  around: Record<string, { rings: Rings; spot: [number, number] | null }>;
  /** Whole numbers as a ring's. */
  rivers: { name: string; line: number[] }[];
  lakes: Rings[];
  towns: { name: string; lon: number; lat: number; rank: number }[];
  /** Positions of both towns, km by road. */
  roads: [number, number, number][];
  routes: { name: string; line: [number, number][] }[];
}

export interface Revision {
  region: number;
  month: string;
  before: number | null;
  now: number | null;
}

/** The last attacks of regions, columns of equal length: single events, or counts by month and why no more. */
export type LastAttacks =
  | {
      kind: 'events';
      region: number[];
      first: string[];
      last: string[];
      where_prec: (number | null)[];
      date_prec: (number | null)[];
      deaths: (number | null)[];
    }
  | { kind: 'months'; why: 'terms' | 'own' | 'counts'; region: number[]; month: string[]; count: number[] };

export interface Payload {
  schema: number;
  release: {
    id: string;
    experiment: string;
    origin: string;
    horizons: number[];
    measure: string;
    champion: string;
    baselines: string[];
    seed: number;
    draws: number;
    scored: { origins: number; first: string; last: string };
    code: { harmattan: string; commit: string | null; dirty: boolean | null };
    in_words: string[];
    data_to: string;
    first_month: string;
    caption: { title: string; source: string; licence: string; caveats: string[] };
    weights: Record<string, Record<string, Record<string, number>>>;
    rough_outlines: boolean;
    sha256: string;
  };
  regions: {
    code: string[];
    name: string[];
    country: string[];
    lon: number[];
    lat: number[];
    covered: number[];
    quiet: number[];
    population: number[] | null;
  };
  countries: Record<string, { name: string; iso2: string }>;
  outlines: Outlines;
  groups: Group[];
  models: { names: string[]; p1: Packed; expected: Packed };
  windows: Record<string, { horizons: [number, number]; earlier: Packed }>;
  scores: {
    horizons: number[];
    models: string[];
    values: Record<string, Record<string, (number | null)[][]>>;
    n: Record<string, number[]>;
  };
  history: { first: string; months: number; counts: Packed; uncovered: [number, number][] } | null;
  drivers: { sources: string[]; region: number[]; source: number[]; within: number[]; expected: number[] } | null;
  reliability: Table | null;
  by_region: Table | null;
  suspicions: Table | null;
  expansion: Record<string, Table>;
  links: { gpkg?: string; page?: string };
  tracked: { run: string; store: string; link: string | null } | null;
  last: LastAttacks | null;
  /** By region's code, what the change in the first month ahead is made of. */
  changes: Record<string, { revised: number; new: number; model: number }> | null;
  earlier: {
    origin: string;
    champion: string;
    commit: string | null;
    horizons: number[];
    p1: Packed;
    expected: Packed;
  }[];
  forecast: { n: number; horizons: number[]; draws: Packed };
  previous: {
    origin: string;
    horizons: number[];
    n: number;
    draws: Packed;
    champions: [string, string];
    same: { champion: boolean; settings: boolean; code: boolean };
    revisions: { changed: number; rows: Revision[] } | null;
  } | null;
  rival: { name: string; n: number; draws: Packed } | null;
}

export interface ReleaseEntry {
  id: string;
  experiment: string;
  origin: string;
  champion: string;
  measure: string;
  title: string;
}
