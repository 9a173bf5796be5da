// Many regions on a canvas: above a few thousand, one picture is faster than as many elements.

import { ACTIVE, NO_DATA, NOT_COVERED, UNSURE } from '../model/quantity';
import type { Geometry } from './geometry';

export const MOST_ELEMENTS = 3000;

export interface Paint {
  fills: string[];
  states: Uint8Array;
  ink: string;
  line: string;
  land: string;
  landLine: string;
}

export class CanvasRegions {
  readonly #paths: Path2D[];
  readonly #around: Path2D[];

  constructor(private readonly geometry: Geometry) {
    this.#paths = geometry.paths.map((path) => new Path2D(path));
    this.#around = geometry.around.map(({ path }) => new Path2D(path));
  }

  /** Draw all regions; `scale` and shifts take map units to pixels of the canvas. */
  draw(canvas: HTMLCanvasElement, paint: Paint, scale: number, dx: number, dy: number): void {
    const pen = canvas.getContext('2d');
    if (!pen) return;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.setTransform(scale, 0, 0, scale, dx, dy);
    pen.lineWidth = 0.6 / scale;
    pen.fillStyle = paint.land;
    pen.strokeStyle = paint.landLine;
    for (const path of this.#around) {
      pen.fill(path);
      pen.stroke(path);
    }
    pen.strokeStyle = paint.line;
    const patterns = new Map<number, CanvasPattern | null>();
    for (const state of [UNSURE, NO_DATA, NOT_COVERED, ACTIVE]) {
      const pattern = pen.createPattern(tile(state, paint.ink), 'repeat');
      pattern?.setTransform(new DOMMatrix().scale(1 / scale));
      patterns.set(state, pattern);
    }
    for (const [region, path] of this.#paths.entries()) {
      pen.fillStyle = paint.fills[region];
      pen.fill(path);
      const pattern = patterns.get(paint.states[region]);
      if (pattern) {
        pen.fillStyle = pattern;
        pen.fill(path);
      }
      pen.stroke(path);
    }
  }

  /** The region at a place in map units, -1 outside all. */
  at(x: number, y: number): number {
    const pen = probe();
    return this.#paths.findIndex((path, region) => {
      const [west, north, east, south] = this.geometry.boxes[region];
      return x >= west && x <= east && y >= north && y <= south && pen.isPointInPath(path, x, y);
    });
  }
}

function probe(): CanvasRenderingContext2D {
  return document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
}

function tile(state: number, ink: string): HTMLCanvasElement {
  const made = document.createElement('canvas');
  made.width = 6;
  made.height = 6;
  const pen = made.getContext('2d');
  if (!pen) return made;
  pen.strokeStyle = ink;
  pen.fillStyle = ink;
  pen.globalAlpha = 0.55;
  pen.beginPath();
  if (state === UNSURE) {
    for (const shift of [-6, 0, 6]) {
      pen.moveTo(shift, 6);
      pen.lineTo(shift + 6, 0);
    }
  } else if (state === NOT_COVERED) {
    pen.moveTo(0, 3);
    pen.lineTo(6, 3);
    pen.moveTo(3, 0);
    pen.lineTo(3, 6);
  } else if (state === ACTIVE) {
    pen.moveTo(0, 3);
    pen.lineTo(6, 3);
  } else pen.arc(3, 3, 1, 0, 2 * Math.PI);
  pen.stroke();
  return made;
}
