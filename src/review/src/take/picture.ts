// The map as a picture: drawn anew as one SVG with title, date, source and licence, then turned into pixels.

import { place, WIDTH, type Geometry } from '../map/geometry';
import { classLabels } from '../map/legend';
import { ACTIVE, NO_DATA, NOT_COVERED, PLAIN, UNSURE } from '../model/quantity';
import { classOf, inkOn, SCALES } from '../scales';
import type { Page } from '../state.svelte';

const EDGE = 36;
const DENSE = 2;
const NAMED = 12;
const SIZE = 13;
const TITLE = 23;
const PATTERNS: Record<number, string> = { [UNSURE]: 'unsure', [NO_DATA]: 'none', [NOT_COVERED]: 'uncovered', [ACTIVE]: 'active' };
const DEFS = `<defs>
<pattern id="unsure" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V8" stroke="#ffffff99" stroke-width="2.6"/><path d="M0 0V8" stroke="#23282c" stroke-width="1.1"/></pattern>
<pattern id="none" width="6" height="6" patternUnits="userSpaceOnUse"><circle cx="2" cy="2" r="1" fill="#777"/></pattern>
<pattern id="uncovered" width="8" height="8" patternUnits="userSpaceOnUse"><path d="M0 4H8M4 0V8" stroke="#888"/></pattern>
<pattern id="active" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M0 3H6" stroke="#888"/></pattern></defs>`;

/** The picture as SVG, always in the light colours, for paper and slides. */
export function picture(page: Page, geometry: Geometry): { svg: string; width: number; height: number } {
  const { layer, t, speech, release } = page;
  const said = release.payload.release;
  const scale = SCALES[layer.shown];
  const width = WIDTH + 2 * EDGE;
  const labels = classLabels(scale, speech, layer.shown);
  const used = [...new Set(layer.states)].filter((state) => state !== PLAIN).sort();
  const keys: Record<number, string> = { [UNSURE]: t.unsure[layer.shown], [NO_DATA]: t.noData, [NOT_COVERED]: t.notCovered, [ACTIVE]: t.activeKey };
  const licence = speech.said(said.caption.licence).text;
  const foot = [
    ...wrap(t.readSource(said.caption.source, licence), 150),
    ...wrap(said.caption.caveats.map((caveat) => speech.said(caveat).text).join(' '), 150),
    `${t.madeBy(said.code.harmattan, `${said.id} ${said.sha256.slice(0, 12)}`)}. ${t.notSafety}`,
  ];
  const head = 92;
  const legend = head + geometry.height + 26;
  const lines = legend + 68 + used.length * 20;
  const height = lines + foot.length * 15 + 14;
  const regions = geometry.paths.map((path, region) => {
    const plain = layer.states[region] < NO_DATA;
    const colour = plain ? scale.light[classOf(scale, layer.values[region])] : '#f0f0f0';
    const pattern = PATTERNS[layer.states[region]];
    return `<path d="${path}" fill="${colour}" stroke="#8a8a8a" stroke-width="0.7"/>${pattern ? `<path d="${path}" fill="url(#${pattern})"/>` : ''}`;
  });
  const swatch = WIDTH / labels.length;
  const body = [
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(EDGE, 38, page.legendTitle, `font-size="${Math.min(TITLE, (1.6 * WIDTH) / page.legendTitle.length)}" font-weight="700"`),
    text(EDGE, 62, `${page.span} · ${speech.said(said.caption.title).text}`, 'font-size="15"'),
    text(EDGE, 81, t.subtitle(speech.month(said.data_to), page.model(said.champion)), 'font-size="12.5" fill="#5b6670"'),
    `<svg x="${EDGE}" y="${head}" width="${WIDTH}" height="${geometry.height}" viewBox="0 0 ${WIDTH} ${geometry.height}"><rect width="${WIDTH}" height="${geometry.height}" fill="#e8eef1"/>`,
    ...geometry.around.map(({ path }) => `<path d="${path}" fill="#e2e3df" stroke="#b9bcb8" stroke-width="0.8"/>`),
    ...regions,
    ...(page.layers.includes('water') ? [`<path d="${geometry.lakes}" fill="#c3dbea" stroke="#3b78ad" stroke-width="0.6"/><path d="${geometry.rivers}" fill="none" stroke="#3b78ad" stroke-width="1.1"/>`] : []),
    ...geometry.borders.map((path) => `<path d="${path}" fill="none" stroke="#444" stroke-width="1.4"/>`),
    ...names(page, geometry),
    '</svg>',
    ...labels.flatMap((label, place) => [
      `<rect x="${EDGE + place * swatch}" y="${legend}" width="${swatch}" height="16" fill="${scale.light[place]}" stroke="#8a8a8a" stroke-width="0.6"/>`,
      text(EDGE + (place + 0.5) * swatch, legend + 32, label, 'font-size="12.5" text-anchor="middle"'),
    ]),
    ...used.flatMap((state, place) => [
      `<rect x="${EDGE}" y="${legend + 46 + place * 20}" width="30" height="14" fill="#f0f0f0" stroke="#8a8a8a" stroke-width="0.6"/><rect x="${EDGE}" y="${legend + 46 + place * 20}" width="30" height="14" fill="url(#${PATTERNS[state]})"/>`,
      text(EDGE + 40, legend + 57 + place * 20, keys[state], 'font-size="12.5"'),
    ]),
    ...foot.map((line, place) => text(EDGE, lines + place * 15, line, 'font-size="11" fill="#5b6670"')),
  ];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif">${DEFS}${body.join('')}</svg>`;
  return { svg, width, height };
}

export async function png(page: Page, geometry: Geometry): Promise<Blob> {
  const { svg, width, height } = picture(page, geometry);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * DENSE;
  canvas.height = height * DENSE;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser made no picture'))), 'image/png'),
  );
}

function names(page: Page, geometry: Geometry): string[] {
  const { values, states, shown } = page.layer;
  const weight = (region: number): number =>
    states[region] >= NO_DATA ? -1 : shown === 'change' || shown === 'excess' ? Math.abs(values[region]) : values[region];
  const order = Array.from(values.keys()).filter((region) => weight(region) > 0).sort((a, b) => weight(b) - weight(a));
  const scale = SCALES[shown];
  const wanted = order.slice(0, 3 * NAMED).map((region) => ({
    region,
    x: geometry.centres[region][0],
    y: geometry.centres[region][1],
    lines: [page.name(region), page.figure(shown, values[region])],
  }));
  return place(wanted, SIZE, NAMED, [0, 0, WIDTH, geometry.height]).map(({ region, x, y, lines }) => {
    const light = inkOn(scale.light[classOf(scale, values[region])]) === '#ffffff';
    const style = `font-size="${SIZE}" text-anchor="middle" paint-order="stroke" stroke-width="3" fill="${light ? '#fff' : '#23282c'}" stroke="${light ? '#3a241099' : '#ffffffcc'}"`;
    return text(x, y - 2, lines[0], style) + text(x, y + SIZE, lines[1], `${style} font-weight="700"`);
  });
}

function text(x: number, y: number, words: string, style: string): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const filled = style.includes('fill=') ? style : `${style} fill="#23282c"`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${filled}>${safe}</text>`;
}

function wrap(words: string, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words.split(' ')) {
    if (line && line.length + word.length + 1 > most) {
      lines.push(line);
      line = '';
    }
    line = line ? `${line} ${word}` : word;
  }
  return line ? [...lines, line] : lines;
}
