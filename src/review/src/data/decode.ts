// Reads back what src/harmattan/page/packing.py writes.

import type { Packed } from './types';

const ESCAPE = 255;
const MISSING = 65535;

export async function inflate(base64: string): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Whole counts, in the order of `shape`, its last axis running fastest. */
export async function unpackCounts(packed: Packed): Promise<Uint32Array> {
  const bytes = await inflate(packed.data);
  const counts = new Uint32Array(packed.shape.reduce((product, size) => product * size, 1));
  const split = 4 + new DataView(bytes.buffer).getUint32(0, true);
  let gapAt = 4;
  let valueAt = split;
  let place = -1;
  while (gapAt < split) {
    let step = 1;
    while (bytes[gapAt] === ESCAPE) {
      step += ESCAPE;
      gapAt += 1;
    }
    place += step + bytes[gapAt];
    gapAt += 1;
    let value = 1;
    while (bytes[valueAt] === ESCAPE) {
      value += ESCAPE;
      valueAt += 1;
    }
    counts[place] = value + bytes[valueAt];
    valueAt += 1;
  }
  return counts;
}

/** Probabilities or measures; NaN where there is none. */
export async function unpackScaled(packed: Packed): Promise<Float64Array> {
  const bytes = await inflate(packed.data);
  const size = bytes.length / 2;
  const values = new Float64Array(size);
  for (let i = 0; i < size; i += 1) {
    const whole = bytes[i] + 256 * bytes[size + i];
    values[i] = whole === MISSING ? Number.NaN : whole / (packed.scale ?? 1);
  }
  return values;
}
