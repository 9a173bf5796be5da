import { describe, expect, test } from 'vitest';
import { ServerSource } from '../src/data/source';
import { preferred } from '../src/lang';
import { BUNDLED } from '../src/lang/bundled';
import { en } from '../src/lang/en';
import { fr } from '../src/lang/fr';
import { Speech } from '../src/lang/speech';
import { nextRegion, place } from '../src/map/geometry';
import { classLabels } from '../src/map/legend';
import { Draws } from '../src/model/draws';
import { lastOf } from '../src/model/last';
import { differenceLayer, drawsOf, modelLayer } from '../src/model/models';
import { monthsBetween, toMonth, toNumber } from '../src/model/months';
import { UNSURE } from '../src/model/quantity';
import type { Release } from '../src/model/release';
import { brier, lastAttacks, ownYear, reliability } from '../src/model/record';
import { band, similar } from '../src/model/situations';
import { classOf, SCALES } from '../src/scales';
import { cell, csv } from '../src/take/csv';
import { geojson } from '../src/take/geojson';

const history = (rows: number[][], first = '2020-01') => ({
  months: monthsBetween(first, toMonth(toNumber(first) + rows[0].length - 1)),
  counts: Float64Array.from(rows.flat()),
});

describe('words', () => {
  const speech = { en: new Speech('en'), fr: new Speech('fr') };

  test.each([
    [0.3, 'about 3 in 10', 'environ 3 sur 10'],
    [0.0001, 'fewer than 1 in 100', 'moins de 1 sur 100'],
    [0.9999, 'more than 99 in 100', 'plus de 99 sur 100'],
    [0.04, 'about 4 in 100', 'environ 4 sur 100'],
    [0.93, 'about 93 in 100', 'environ 93 sur 100'],
    [0.9, 'about 9 in 10', 'environ 9 sur 10'],
  ])('%f is said in both languages', (p, english, french) => {
    expect(speech.en.odds(p)).toBe(english);
    expect(speech.fr.odds(p)).toBe(french);
  });

  test('a probability is never called impossible or certain', () => {
    expect([speech.en.percent(0), speech.en.percent(1)]).toEqual(['<1%', '>99%']);
  });

  test('months and windows follow the language', () => {
    expect(speech.en.window('2024-01', '2024-03')).toBe('from January to March 2024');
    expect(speech.fr.window('2024-01', '2024-03')).toBe('de janvier à mars 2024');
    expect(speech.fr.window('2024-04', '2024-06')).toBe('d’avril à juin 2024');
    expect(speech.fr.span('2023-12', '2024-02')).toBe('décembre 2023 à février 2024');
  });

  test('both languages answer every key with words of their own', () => {
    const same: string[] = [];
    const walk = (one: unknown, two: unknown, path: string): void => {
      expect(typeof two, path).toBe(typeof one);
      if (typeof one === 'string') {
        expect(one.trim(), path).not.toBe('__');
        if (one === two && one.length > 12) same.push(path);
      } else if (typeof one === 'object' && one !== null) {
        expect(Object.keys(two as object).sort(), path).toEqual(Object.keys(one).sort());
        for (const key of Object.keys(one)) walk(one[key as never], (two as object)[key as never], `${path}.${key}`);
      }
    };
    walk(en, fr, '');
    expect(same.filter((path) => !path.startsWith('.models.'))).toEqual([]);
  });

  test('French keeps its spaces before : ; ? ! and % unbroken', () => {
    const texts: string[] = [...Object.values(BUNDLED)];
    const walk = (value: unknown): void => {
      if (typeof value === 'string') texts.push(value);
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
    };
    walk(fr);
    expect(texts.filter((text) => / [:;?!%»]|« /.test(text))).toEqual([]);
  });

  test('the browser chooses the language, English where it speaks neither', () => {
    expect([preferred(['fr-CI', 'en']), preferred(['de', 'fr']), preferred(['wo']), preferred(['en-GH'])]).toEqual(['fr', 'fr', 'en', 'en']);
  });
});

describe('scales', () => {
  test.each(Object.entries(SCALES))('%s has a colour and a label for every class, in both themes', (shown, scale) => {
    const labels = classLabels(scale, new Speech('fr'), shown as never);
    expect([scale.light.length, scale.dark.length, labels.length]).toEqual(Array(3).fill(scale.edges.length + 1));
    expect(new Set(labels).size).toBe(labels.length);
    expect(scale.edges).toEqual(scale.edges.toSorted((a, b) => a - b));
  });

  test('a value belongs to the class from its edge up', () => {
    expect([0, 0.0199, 0.02, 0.5, 0.8, 1].map((value) => classOf(SCALES.p, value))).toEqual([0, 0, 1, 5, 7, 7]);
  });
});

describe('take away', () => {
  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('%j is not a formula', (text) => {
    expect(cell(text).replace(/^"/, '').startsWith("'")).toBe(true);
  });

  test('numbers stay numbers, and text with commas or quotes is quoted', () => {
    expect(csv(['a', 'b'], [[-1.5, 'x, "y"'], [Number.NaN, null]])).toBe('a,b\n-1.5,"x, ""y"""\n,\n');
  });

  test('GeoJSON has its outer rings counter-clockwise', () => {
    const square = { type: 'MultiPolygon' as const, coordinates: [[[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]] as [number, number][][][] };
    const made = JSON.parse(geojson([square], [{ region: 'A' }], {}));
    const ring = made.features[0].geometry.coordinates[0][0] as [number, number][];
    const area = ring.slice(1).reduce((sum, [x, y], i) => sum + (ring[i][0] * y - x * ring[i][1]) / 2, 0);
    expect(area).toBe(1);
  });
});

describe('the record', () => {
  const quiet = history([Array(13).fill(0), [...Array(12).fill(0), 2]]);

  test('own year is (k + 1/4) / 12.5', () => {
    expect(ownYear(quiet, 0, 11)).toBe(0.02);
    expect(ownYear(quiet, 1, 12)).toBe(0.1);
    expect(ownYear(quiet, 1, 10)).toBeNaN();
  });

  test('last attacks', () => {
    expect(lastAttacks(quiet, 1, 3)).toEqual([{ month: '2021-01', count: 2 }]);
  });

  test('reliability bins hold every forecast once', () => {
    const judged = Array.from({ length: 100 }, (_, i) => ({ p: i / 99, count: i % 3 === 0 ? 1 : 0 }));
    const bins = reliability(judged);
    expect(bins.reduce((sum, { n }) => sum + n, 0)).toBe(100);
    expect(bins.reduce((sum, { n, observed }) => sum + n * observed, 0)).toBeCloseTo(34, 10);
    expect(brier(0.3, 5)).toBeCloseTo(0.49, 10);
  });

  test('similar situations are counted over all regions, and none beyond the record', () => {
    const rows = [Array.from({ length: 40 }, () => 1), Array.from({ length: 40 }, (_, i) => (i < 39 ? 1 : 0))];
    const found = similar(history(rows), 0, 2, 1, 1, 1);
    // Months 11 to 38 of both regions have the month after them on record; in the second the last is empty.
    expect(found).toMatchObject({ found: 56, followed: 55, year: [8, 15], quarter: [2, 3] });
    expect(similar(history([Array(14).fill(0)]), 0, 1, 1, 1, 1)).toBeNull();
    expect([band(0), band(1), band(3), band(100)]).toEqual([[0, 0], [1, 1], [2, 3], [32, Infinity]]);
  });
});

describe('the map', () => {
  test('arrow keys lead to the nearest region that way, and stay at the edge', () => {
    const centres: [number, number][] = [[0, 0], [10, 0], [20, 1], [0, 10]];
    expect(nextRegion(centres, 0, 1, 0)).toBe(1);
    expect(nextRegion(centres, 1, 1, 0)).toBe(2);
    expect(nextRegion(centres, 0, 0, 1)).toBe(3);
    expect(nextRegion(centres, 0, -1, 0)).toBe(0);
  });

  test('labels do not overlap and stay in the frame', () => {
    const wanted = Array.from({ length: 30 }, (_, i) => ({ region: i, x: 50 + (i % 3) * 10, y: 50, lines: ['Name'] }));
    const placed = place(wanted, 10, 12, [0, 0, 200, 200]);
    expect(placed.length).toBeGreaterThan(1);
    for (const one of placed) {
      for (const two of placed) if (one !== two) expect(Math.abs(one.y - two.y) + Math.abs(one.x - two.x)).toBeGreaterThan(9);
    }
  });
});

describe('the server', () => {
  const answers: Record<string, unknown> = {
    '/api/v1/releases': [{ id: 'burkina/2023-12' }],
    '/api/v1/releases/burkina/2023-12/payload': { schema: 1 },
  };
  const asked: string[] = [];
  const get = (async (path: string) => {
    asked.push(path);
    return path in answers
      ? new Response(JSON.stringify(answers[path]), { status: 200 })
      : new Response('', { status: 404, statusText: 'Not Found' });
  }) as unknown as typeof fetch;

  test('is asked for the newest release, and for nothing else', async () => {
    expect(await new ServerSource('/api/v1', get).load()).toEqual({ schema: 1 });
    expect(asked).toEqual(['/api/v1/releases', '/api/v1/releases/burkina/2023-12/payload']);
  });

  test('says what it could not find', async () => {
    await expect(new ServerSource('/api/v1', get).load('other/2024-01')).rejects.toThrow('/api/v1/releases/other/2024-01/payload: 404');
  });
});

describe('two models', () => {
  // Two regions, three months, four futures each; the second model's are its own.
  const counts = (rows: number[][][]) => Uint32Array.from(rows.flat(2));
  const one = new Draws(counts([[[0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 0]], [[1, 1, 1, 1], [0, 0, 0, 0], [3, 0, 0, 0]]]), 4, [1, 2, 3]);
  const two = new Draws(counts([[[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], [[1, 1, 1, 1], [5, 5, 5, 5], [0, 0, 0, 0]]]), 4, [1, 2, 3]);
  const release = {
    size: 2,
    payload: {
      release: { champion: 'a', data_to: '2023-12' },
      forecast: { horizons: [1, 2, 3] },
      regions: { covered: [1, 1] },
      last: null,
    },
    draws: one,
    rival: { name: 'b', draws: two },
    models: { names: ['a', 'b', 'c'], p1: new Float64Array(18).fill(0.25), expected: new Float64Array(18).fill(2) },
    history: null,
  } as unknown as Release;
  const span = { k: 2, from: 0, to: 1 };

  test('are counted over any window and number from their draws', () => {
    expect([drawsOf(release, 'a'), drawsOf(release, 'b'), drawsOf(release, 'c')]).toEqual([one, two, null]);
    const first = modelLayer(release, 'a', 'p1', span, one);
    const second = modelLayer(release, 'b', 'p1', span, two);
    expect([...first.values]).toEqual([1.25 / 4.5, 0.25 / 4.5]);
    expect([...second.values]).toEqual([0.25 / 4.5, 4.25 / 4.5]);
    const apart = differenceLayer(first, second, [one, two]);
    apart.values.forEach((value, region) => expect(value).toBeCloseTo([-1 / 4.5, 4 / 4.5][region], 12));
    // Four futures each can differ by as much in the first region, not in the second.
    expect([...apart.states]).toEqual([UNSURE, 0]);
    expect([...modelLayer(release, 'b', 'expected', span, two).values]).toEqual([0, 6]);
  });

  test('without draws are read month by month', () => {
    expect([...modelLayer(release, 'c', 'p1', span, null).values]).toEqual([0.25, 0.25]);
  });

  test('last attacks are those of the region, and none where nothing is told', () => {
    expect(lastOf(release, 0)).toBeNull();
    const last = { kind: 'months', why: 'terms', region: [0, 1], month: ['2023-10', '2023-11'], count: [2, 4] };
    const told = { ...release, payload: { ...release.payload, last } } as unknown as Release;
    expect(lastOf(told, 1)).toEqual({ attacks: [], months: [{ month: '2023-11', count: 4 }], why: 'terms', silence: 1 });
    expect(lastOf(told, 2)?.silence).toBeNull();
  });
});
