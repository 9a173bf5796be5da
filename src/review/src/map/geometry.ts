// Outlines as paths in the map's own units: 1,000 across, north up.

import { geoMercator, geoPath } from 'd3-geo';
import { line, outline, type Outline, type Release } from '../model/release';

export const WIDTH = 1000;
const MARGIN = 14;
const TALLEST = 1.25;
const FLATTEST = 0.45;

export interface Geometry {
  height: number;
  shapes: Outline[];
  paths: string[];
  boxes: [number, number, number, number][];
  centres: [number, number][];
  borders: string[];
  around: { code: string; path: string; spot: [number, number] | null }[];
  rivers: string;
  lakes: string;
  towns: { name: string; x: number; y: number }[];
  roads: string;
  routes: string[];
  /** Map units per km at the middle latitude. */
  unitsPerKm: number;
}

export function draw(release: Release): Geometry {
  const { outlines, regions } = release.payload;
  const shapes = outlines.regions.map((rings) => outline(rings, outlines.steps));
  const whole = { type: 'GeometryCollection' as const, geometries: shapes };
  // Without resampling along great circles: outlines are drawn as they were digitised.
  const projection = geoMercator().precision(0).fitWidth(WIDTH - 2 * MARGIN, whole);
  const flat = geoPath(projection);
  const [[, top], [, bottom]] = flat.bounds(whole);
  const tall = bottom - top + 2 * MARGIN;
  const height = Math.min(Math.max(tall, WIDTH * FLATTEST), WIDTH * TALLEST);
  projection.fitExtent([[MARGIN, MARGIN], [WIDTH - MARGIN, height - MARGIN]], whole);
  const path = geoPath(projection).digits(1);
  const box = (shape: Outline): [number, number, number, number] => {
    const [[west, north], [east, south]] = path.bounds(shape);
    return [west, north, east, south];
  };
  const at = (lon: number, lat: number): [number, number] => projection([lon, lat]) ?? [0, 0];
  const towns = outlines.towns.map(({ name, lon, lat }) => {
    const [x, y] = at(lon, lat).map((each) => Math.round(each * 10) / 10);
    return { name, x, y };
  });
  const middle = projection.invert?.([WIDTH / 2, height / 2]) ?? [0, 0];
  const east = at(middle[0] + 1, middle[1]);
  return {
    height,
    shapes,
    paths: shapes.map((shape) => path(shape) ?? ''),
    boxes: shapes.map(box),
    centres: regions.lon.map((lon, region) => at(lon, regions.lat[region])),
    borders: outlines.borders.map((rings) => path(outline(rings, outlines.steps)) ?? ''),
    around: Object.entries(outlines.around).map(([code, { rings, spot }]) => ({
      code,
      path: path(outline(rings, outlines.steps)) ?? '',
      spot: spot && at(...spot),
    })),
    rivers: path({ type: 'MultiLineString', coordinates: outlines.rivers.map((each) => line(each.line, outlines.steps)) }) ?? '',
    lakes: outlines.lakes.map((rings) => path(outline(rings, outlines.steps)) ?? '').join(''),
    towns,
    roads: outlines.roads.map(([a, b]) => `M${towns[a].x},${towns[a].y}L${towns[b].x},${towns[b].y}`).join(''),
    routes: outlines.routes.map(({ line }) => path({ type: 'LineString', coordinates: line }) ?? ''),
    unitsPerKm: (east[0] - WIDTH / 2) / (111.32 * Math.cos((middle[1] * Math.PI) / 180)),
  };
}

/** The region whose centre lies nearest in a direction from another; that one itself if there is none. */
export function nextRegion(centres: [number, number][], from: number, dx: number, dy: number): number {
  const [x, y] = centres[from];
  let best = from;
  let least = Infinity;
  for (const [region, centre] of centres.entries()) {
    const along = (centre[0] - x) * dx + (centre[1] - y) * dy;
    const aside = Math.abs((centre[0] - x) * dy - (centre[1] - y) * dx);
    if (region === from || along <= 0 || aside > 2 * along) continue;
    const cost = along + 2 * aside;
    if (cost < least) [best, least] = [region, cost];
  }
  return best;
}

export type Box = [number, number, number, number];

export interface Label {
  region: number;
  x: number;
  y: number;
  lines: string[];
}

/** About how wide lines of text are. */
export function widthOf(lines: string[], size: number): number {
  return Math.max(...lines.map((line) => line.length)) * size * 0.61;
}

/** Labels that fit beside each other and the boxes taken, which they join, in the order given; sizes are in map units. */
export function place(
  wanted: Label[],
  size: number,
  most: number,
  frame: Box,
  boxes: Box[] = [],
): Label[] {
  const placed: Label[] = [];
  for (const { region, x, y, lines } of wanted) {
    if (placed.length === most) break;
    const wide = widthOf(lines, size) + 0.5 * size;
    const high = lines.length * size * 1.15;
    for (const nudge of [0, 0.9, -0.9, 1.7, -1.7]) {
      const middle = y + nudge * size;
      const box: Box = [x - wide / 2, middle - high / 2, x + wide / 2, middle + high / 2];
      const inside = box[0] >= frame[0] && box[1] >= frame[1] && box[2] <= frame[2] && box[3] <= frame[3];
      const free = boxes.every((other) => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
      if (inside && free) {
        boxes.push(box);
        placed.push({ region, x, y: middle, lines });
        break;
      }
    }
  }
  return placed;
}
