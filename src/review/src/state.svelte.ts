// What the reader has chosen, kept in the address so that a link restores it, and what follows from it.

import { LANGUAGES, preferred, type Language } from './lang';
import { Speech } from './lang/speech';
import { forecastLayer, QUANTITIES, recordedLayer, type Layer, type Quantity, type Shown } from './model/quantity';
import { probabilityBefore, type Release } from './model/release';
import { interval, mean } from './model/draws';

export const VIEWS = ['map', 'watch', 'coast', 'models', 'record', 'read'] as const;
export type View = (typeof VIEWS)[number];
export const LAYERS = ['borders', 'names', 'water', 'towns', 'roads', 'routes'] as const;
export type MapLayer = (typeof LAYERS)[number];
export type Theme = 'light' | 'dark';

const PAST_SHOWN = 60;
const LARGEST_K = 999;

export interface Zoom {
  k: number;
  x: number;
  y: number;
}

export const WHOLE: Zoom = { k: 1, x: 0, y: 0 };

export class Page {
  readonly release: Release;
  /** Months of the record that are shown, then those of the forecast. */
  readonly axis: string[];
  readonly past: number;
  /** Whether the release has regions of several countries. */
  readonly several: boolean;

  view = $state<View>('map');
  quantity = $state<Quantity>('p');
  k = $state(1);
  /** Position on the axis of the first month shown. */
  start = $state(0);
  length = $state(1);
  region = $state<number | null>(null);
  zoom = $state.raw<Zoom>(WHOLE);
  layers = $state<MapLayer[]>(['borders', 'names']);
  chosenLanguage = $state<Language | null>(null);
  chosenTheme = $state<Theme | null>(null);
  systemDark = $state(false);
  models = $state<[string, string]>(['', '']);
  sort = $state<{ column: string; down: boolean }>({ column: 'p', down: true });
  filter = $state({ text: '', country: '', quiet: false, minimum: 0 });

  language = $derived<Language>(this.chosenLanguage ?? preferred(navigator.languages));
  speech = $derived(new Speech(this.language));
  t = $derived(LANGUAGES[this.language]);
  theme = $derived<Theme>(this.chosenTheme ?? (this.systemDark ? 'dark' : 'light'));

  constructor(release: Release) {
    this.release = release;
    this.several = new Set(release.payload.regions.country).size > 1;
    const recordedMonths = release.history ? release.history.months.slice(-PAST_SHOWN) : [];
    this.past = recordedMonths.length;
    this.axis = [...recordedMonths, ...release.months];
    this.start = this.past;
    const { champion, baselines } = release.payload.release;
    const rival = baselines.includes('conflictology') ? 'conflictology' : (baselines[0] ?? champion);
    const other = release.models.names.find((name) => !baselines.includes(name) && name !== champion);
    this.models = [champion, release.rival?.name ?? (champion === rival ? (other ?? rival) : rival)];
  }

  isPast = $derived.by(() => this.start < this.past);
  /** Positions of the window among the forecast's months; of its first months while the past is shown. */
  from = $derived.by(() => Math.max(this.start - this.past, 0));
  to = $derived.by(() => this.from + Math.min(this.length, this.longest(this.past + this.from)) - 1);
  firstMonth = $derived.by(() => this.axis[this.start]);
  lastMonth = $derived.by(() => this.axis[this.start + this.length - 1]);
  span = $derived.by(() => this.speech.span(this.firstMonth, this.lastMonth));
  window = $derived.by(() => this.speech.window(this.firstMonth, this.lastMonth));
  aheadSpan = $derived.by(() => this.speech.span(this.release.months[this.from], this.release.months[this.to]));
  aheadWindow = $derived.by(() => this.speech.window(this.release.months[this.from], this.release.months[this.to]));
  event = $derived.by(() => this.t.atLeast(this.k, this.measure));

  p = $derived.by(() => this.release.draws.probability(this.k, this.from, this.to));
  before = $derived.by(() => probabilityBefore(this.release, this.k, this.from, this.to));
  expected = $derived.by(() => this.release.draws.expected(this.from, this.to));
  intervals = $derived.by(() => this.release.draws.intervals(this.from, this.to));
  ranks = $derived.by(() => ranked(this.p, this.release.payload.regions.covered));
  ranksBefore = $derived.by(() => (this.before ? ranked(this.before, this.release.payload.regions.covered) : null));

  layer = $derived.by<Layer>(() =>
    this.isPast
      ? recordedLayer(this.release, this.#recordPlace(this.start), this.#recordPlace(this.start + this.length - 1))
      : forecastLayer(this.release, this.quantity, this.k, this.from, this.to),
  );
  shown = $derived.by<Shown>(() => this.layer.shown);
  legendTitle = $derived.by(() => this.titleOf(this.shown));

  get measure(): string {
    return this.release.payload.release.measure;
  }

  /** How many months a window that begins at a place of the axis may have: it stays in the past or in the forecast. */
  longest(start: number): number {
    if (start < this.past) return Math.min(this.past - start, 12);
    const horizons = this.release.payload.forecast.horizons;
    let place = start - this.past;
    while (place + 1 < horizons.length && horizons[place + 1] === horizons[place] + 1) place += 1;
    return place - (start - this.past) + 1;
  }

  setWindow(start: number, length: number): void {
    this.start = Math.min(Math.max(start, 0), this.axis.length - 1);
    this.length = Math.min(Math.max(length, 1), this.longest(this.start));
  }

  /** Move the window, keeping its length if there is room. */
  setStart(start: number): void {
    this.setWindow(start, this.length);
  }

  setK(k: number): void {
    this.k = Number.isFinite(k) ? Math.min(Math.max(Math.round(k), 1), LARGEST_K) : 1;
  }

  /** What a model is called; those of the user by the name the experiment gives them. */
  model(name: string): string {
    return this.t.models[name] ?? name;
  }

  /** Its name; where the region is a country, as this language calls it. */
  name(region: number): string {
    const { country, code, name } = this.release.payload.regions;
    return code[region] === country[region] ? this.countryOf(region) : name[region];
  }

  countryOf(region: number): string {
    return this.speech.country(this.release.payload.regions.country[region], this.release.payload.countries);
  }

  /** Name with country, where the release has several countries and the region is not one itself. */
  fullName(region: number): string {
    const { country, code } = this.release.payload.regions;
    return this.several && code[region] !== country[region] ? `${this.name(region)} (${country[region]})` : this.name(region);
  }

  titleOf(shown: Shown): string {
    const { legendTitle } = this.t;
    if (shown === 'p' || shown === 'change') return legendTitle[shown](this.event);
    if (shown === 'first') return legendTitle.first(this.speech.one(this.measure));
    return legendTitle[shown](this.speech.many(this.measure));
  }

  /** A figure of the map in the unit of its quantity. */
  figure(shown: Shown, value: number): string {
    if (Number.isNaN(value)) return '–';
    if (shown === 'p' || shown === 'first') return this.speech.percent(value);
    if (shown === 'change') return this.speech.points(value);
    if (shown === 'excess') return this.speech.signedFine(value);
    return this.speech.number(value);
  }

  /** Quantiles of the total of all covered regions, month by month. */
  totals = $derived.by(() => {
    const { release } = this;
    const covered = release.payload.regions.covered.flatMap((known, region) => (known ? [region] : []));
    return release.months.map((_, place) => {
      const all = release.draws.groupTotals(covered, place, place);
      return { ...interval(all), mean: mean(all) };
    });
  });

  hash = $derived.by(() => {
    const said = new URLSearchParams({
      view: this.view,
      q: this.quantity,
      k: String(this.k),
      m: this.firstMonth,
      n: String(this.length),
    });
    const { code } = this.release.payload.regions;
    if (this.region !== null) said.set('r', code[this.region]);
    if (this.zoom !== WHOLE) said.set('z', [this.zoom.k, this.zoom.x, this.zoom.y].map((v) => v.toFixed(2)).join('_'));
    said.set('on', this.layers.join('.'));
    said.set('ab', this.models.join('~'));
    said.set('s', `${this.sort.column}.${this.sort.down ? 'down' : 'up'}`);
    const { text, country, quiet, minimum } = this.filter;
    if (text || country || quiet || minimum) said.set('f', [text, country, quiet ? 1 : 0, minimum].join('~'));
    if (this.chosenLanguage) said.set('lang', this.chosenLanguage);
    if (this.chosenTheme) said.set('theme', this.chosenTheme);
    said.set('release', this.release.payload.release.id);
    return `#${said.toString()}`;
  });

  /** Take over what an address says; what it does not say, or says wrongly, stays. */
  restore(hash: string): void {
    const said = new URLSearchParams(hash.replace(/^#/, ''));
    const one = <T extends string>(key: string, among: readonly T[]): T | null => {
      const value = said.get(key) as T | null;
      return value !== null && among.includes(value) ? value : null;
    };
    this.view = one('view', VIEWS) ?? this.view;
    this.quantity = one('q', QUANTITIES) ?? this.quantity;
    this.chosenLanguage = one('lang', Object.keys(LANGUAGES) as Language[]) ?? this.chosenLanguage;
    this.chosenTheme = one('theme', ['light', 'dark'] as const) ?? this.chosenTheme;
    if (said.has('k')) this.setK(Number(said.get('k')));
    const start = this.axis.indexOf(said.get('m') ?? '');
    if (start >= 0) this.setWindow(start, Number(said.get('n')) || this.length);
    if (said.has('view')) {
      const region = this.release.payload.regions.code.indexOf(said.get('r') ?? '');
      this.region = region >= 0 ? region : null;
      const zoom = (said.get('z') ?? '').split('_').map(Number);
      this.zoom = zoom.length === 3 && zoom.every(Number.isFinite) && zoom[0] >= 1 ? { k: zoom[0], x: zoom[1], y: zoom[2] } : WHOLE;
    }
    if (said.has('on')) this.layers = LAYERS.filter((each) => said.get('on')?.split('.').includes(each));
    const models = (said.get('ab') ?? '').split('~');
    if (models.length === 2 && models.every((name) => this.release.models.names.includes(name))) {
      this.models = [models[0], models[1]];
    }
    const [column, way] = (said.get('s') ?? '').split('.');
    if (column && way) this.sort = { column, down: way === 'down' };
    const [text, country, quiet, minimum] = (said.get('f') ?? '').split('~');
    if (said.has('f')) this.filter = { text, country, quiet: quiet === '1', minimum: Number(minimum) || 0 };
  }

  #recordPlace(place: number): number {
    const months = this.release.history?.months.length ?? 0;
    return months - this.past + Math.min(place, this.past - 1);
  }
}

/** Rank of each value, the largest first; equal ones share a rank, regions not covered have none (0). */
export function ranked(values: Float64Array, covered: number[]): Uint32Array {
  const order = Array.from(values.keys())
    .filter((region) => covered[region] && !Number.isNaN(values[region]))
    .sort((a, b) => values[b] - values[a]);
  const ranks = new Uint32Array(values.length);
  for (const [place, region] of order.entries()) {
    const above = order[place - 1];
    ranks[region] = place > 0 && values[above] === values[region] ? ranks[above] : place + 1;
  }
  return ranks;
}
