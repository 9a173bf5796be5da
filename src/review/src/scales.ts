// Colour classes with fixed edges that readers can name. The light colours and the edges of risk and change are those
// of src/harmattan/maps/scales.py; on dark ground more stands out as lighter. All are safe for colour-blind readers.

import type { Shown } from './model/quantity';

export interface Scale {
  /** Inner edges, ascending: class i holds values from edge i - 1 up to edge i. */
  edges: number[];
  light: string[];
  dark: string[];
  kind: 'share' | 'count' | 'points' | 'difference';
}

const RISK: Scale = {
  edges: [0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8],
  light: ['#ffffe5', '#fff7bc', '#fee391', '#fec44f', '#fe9929', '#ec7014', '#cc4c02', '#8c2d04'],
  dark: ['#2b2f33', '#3a342c', '#533f24', '#71501c', '#966515', '#c07f19', '#e3a234', '#ffd980'],
  kind: 'share',
};
const COUNT: Scale = {
  edges: [0.05, 0.25, 0.5, 1, 2, 5, 10, 30],
  light: ['#f7fcf5', '#e5f2e8', '#cbe5da', '#a3d2c9', '#74bbb8', '#489fa6', '#28808f', '#156074', '#0a3d52'],
  dark: ['#2b2f33', '#2a373d', '#29444c', '#27545f', '#276874', '#2f7f8b', '#4a9ba3', '#79bdbf', '#b8e2de'],
  kind: 'count',
};
const RECORDED: Scale = { ...COUNT, edges: [1, 2, 3, 6, 11, 31, 101, 301] };
const WIDTH: Scale = {
  edges: [1, 2, 3, 6, 11, 31, 101, 301],
  light: ['#f7fcfd', '#e0ecf4', '#bfd3e6', '#9ebcda', '#8c96c6', '#8c6bb1', '#88419d', '#810f7c', '#4d004b'],
  dark: ['#2b2f33', '#333343', '#3e3a56', '#4d446c', '#614f84', '#7a5f9c', '#9877b2', '#b998c8', '#e0c6e4'],
  kind: 'count',
};
const CHANGE: Scale = {
  edges: [-0.395, -0.195, -0.095, -0.045, 0.045, 0.095, 0.195, 0.395],
  light: ['#542788', '#8073ac', '#b2abd2', '#d8daeb', '#f7f7f7', '#fee0b6', '#fdb863', '#e08214', '#b35806'],
  dark: ['#c9b8f0', '#9d8acb', '#6f5f9b', '#483f66', '#2f3337', '#54402a', '#8a5f25', '#c48528', '#f7bb57'],
  kind: 'points',
};
const EXCESS: Scale = { ...CHANGE, edges: [-10, -5, -2, -0.5, 0.5, 2, 5, 10], kind: 'difference' };

export const SCALES: Record<Shown, Scale> = {
  p: RISK,
  first: RISK,
  expected: COUNT,
  recorded: RECORDED,
  width: WIDTH,
  change: CHANGE,
  excess: EXCESS,
};

export function classOf(scale: Scale, value: number): number {
  let place = 0;
  while (place < scale.edges.length && value >= scale.edges[place]) place += 1;
  return place;
}

/** Ink that stands out on a colour. */
export function inkOn(colour: string): string {
  const [red, green, blue] = [1, 3, 5].map((place) => Number.parseInt(colour.slice(place, place + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 120 ? '#23282c' : '#ffffff';
}
