// What the legend calls the classes of a scale.

import type { Speech } from '../lang/speech';
import type { Shown } from '../model/quantity';
import type { Scale } from '../scales';

export function classLabels(scale: Scale, speech: Speech, shown: Shown): string[] {
  const { edges } = scale;
  const whole = shown === 'recorded' || shown === 'width';
  if (whole) return wholeLabels(edges, speech);
  const name = (edge: number): string => {
    if (scale.kind === 'share') return speech.percent(edge);
    if (scale.kind === 'points') return speech.signed(rounded(edge));
    if (scale.kind === 'difference') return edge < 0 ? `−${decimal(speech, -edge)}` : `+${decimal(speech, edge)}`;
    return decimal(speech, edge);
  };
  return Array.from({ length: edges.length + 1 }, (_, place) => {
    const [low, high] = [edges[place - 1], edges[place]];
    if (low === undefined) return scale.kind === 'points' || scale.kind === 'difference' ? `≤ ${name(high)}` : `< ${name(high)}`;
    if (high === undefined) return `≥ ${name(low)}`;
    if (low < 0 && high > 0) return '≈ 0';
    if (scale.kind === 'points') {
      const ends = low < 0 ? [rounded(low) + 1, rounded(high)] : [rounded(low), rounded(high) - 1];
      return `${speech.signed(ends[0])}…${speech.signed(ends[1])}`;
    }
    const opening = scale.kind === 'share' ? name(low).replace(/\s?%$/, '') : name(low);
    return scale.kind === 'difference' ? `${opening}…${name(high)}` : `${opening}–${name(high)}`;
  });
}

/** Edges of changes lie half a point lower, so that a change belongs to the class of its rounded figure. */
function rounded(edge: number): number {
  return Math.sign(edge) * Math.ceil(Math.abs(edge) * 100 - 1e-9);
}

function wholeLabels(edges: number[], speech: Speech): string[] {
  return Array.from({ length: edges.length + 1 }, (_, place) => {
    if (place === edges.length) return `≥ ${speech.whole(edges[place - 1])}`;
    const low = place === 0 ? 0 : edges[place - 1];
    const high = edges[place] - 1;
    return low === high ? speech.whole(low) : `${speech.whole(low)}–${speech.whole(high)}`;
  });
}

function decimal(speech: Speech, value: number): string {
  return Number.isInteger(value) ? speech.whole(value) : speech.decimals(value, value < 0.1 || (value * 10) % 1 ? 2 : 1);
}
