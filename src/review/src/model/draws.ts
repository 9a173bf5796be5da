// Joint draws: one draw is one possible future of all regions and months together.

/** (k + 1/4) / (n + 1/2), as `harmattan.forecast.event_probability`: no finite set of draws is certain. */
export function eventProbability(hits: number, draws: number): number {
  return (hits + 0.25) / (draws + 0.5);
}

/** The smallest value that at least a share `level` of the draws does not exceed. */
export function quantile(sorted: ArrayLike<number>, level: number): number {
  const place = Math.ceil(level * sorted.length - 1e-9) - 1;
  return sorted[Math.min(Math.max(place, 0), sorted.length - 1)];
}

export interface Interval {
  low: number;
  middle: number;
  high: number;
}

export class Draws {
  readonly n: number;
  readonly regions: number;
  readonly horizons: number[];
  /** Running totals over the horizons, by region, horizon (none first) and draw: a window is one difference. */
  readonly #running: Uint32Array;
  #last: { asked: string; found: Float64Array } = { asked: '', found: new Float64Array(0) };
  #lastIntervals: { asked: string; found: Interval[] } = { asked: '', found: [] };

  constructor(counts: Uint32Array, n: number, horizons: number[]) {
    this.n = n;
    this.horizons = horizons;
    const steps = horizons.length;
    this.regions = counts.length / (steps * n);
    const running = new Uint32Array(this.regions * (steps + 1) * n);
    for (let region = 0; region < this.regions; region += 1) {
      for (let step = 0; step < steps; step += 1) {
        const from = (region * steps + step) * n;
        const before = (region * (steps + 1) + step) * n;
        for (let draw = 0; draw < n; draw += 1) running[before + n + draw] = running[before + draw] + counts[from + draw];
      }
    }
    this.#running = running;
  }

  /** P(total >= k) of every region over the horizons at positions `from` to `to`, both included; not to be changed. */
  probability(k: number, from: number, to: number): Float64Array {
    const { n, regions } = this;
    const asked = `${k} ${from} ${to}`;
    // Map and lists ask for the same.
    if (this.#last.asked === asked) return this.#last.found;
    const running = this.#running;
    const found = new Float64Array(regions);
    for (let region = 0; region < regions; region += 1) {
      const [start, end] = this.#ends(region, from, to);
      let hits = 0;
      for (let draw = 0; draw < n; draw += 1) if (running[end + draw] - running[start + draw] >= k) hits += 1;
      found[region] = eventProbability(hits, n);
    }
    this.#last = { asked, found };
    return found;
  }

  /** P(no attack before the window and at least one in it) of every region. */
  first(from: number, to: number): Float64Array {
    const { n, regions } = this;
    const found = new Float64Array(regions);
    for (let region = 0; region < regions; region += 1) {
      const [start, end] = this.#ends(region, from, to);
      let hits = 0;
      for (let draw = 0; draw < n; draw += 1) {
        if (this.#running[start + draw] === 0 && this.#running[end + draw] > 0) hits += 1;
      }
      found[region] = eventProbability(hits, n);
    }
    return found;
  }

  expected(from: number, to: number): Float64Array {
    const { n, regions } = this;
    const found = new Float64Array(regions);
    for (let region = 0; region < regions; region += 1) {
      const [start, end] = this.#ends(region, from, to);
      let total = 0;
      for (let draw = 0; draw < n; draw += 1) total += this.#running[end + draw] - this.#running[start + draw];
      found[region] = total / n;
    }
    return found;
  }

  /** Totals of one region over a window, draw by draw. */
  totals(region: number, from: number, to: number): Uint32Array {
    return this.groupTotals([region], from, to);
  }

  /** Totals of several regions together over a window, draw by draw. */
  groupTotals(members: number[], from: number, to: number): Uint32Array {
    const totals = new Uint32Array(this.n);
    for (const region of members) {
      const [start, end] = this.#ends(region, from, to);
      for (let draw = 0; draw < this.n; draw += 1) totals[draw] += this.#running[end + draw] - this.#running[start + draw];
    }
    return totals;
  }

  /** How many of several regions see at least one over a window, draw by draw. */
  hitRegions(members: number[], from: number, to: number): Uint32Array {
    const hit = new Uint32Array(this.n);
    for (const region of members) {
      const [start, end] = this.#ends(region, from, to);
      for (let draw = 0; draw < this.n; draw += 1) {
        if (this.#running[end + draw] > this.#running[start + draw]) hit[draw] += 1;
      }
    }
    return hit;
  }

  /** 5 %, 50 % and 95 % quantiles of every region's total over a window. */
  intervals(from: number, to: number): Interval[] {
    const asked = `${from} ${to}`;
    if (this.#lastIntervals.asked !== asked) {
      const found = Array.from({ length: this.regions }, (_, region) => interval(this.totals(region, from, to)));
      this.#lastIntervals = { asked, found };
    }
    return this.#lastIntervals.found;
  }

  #ends(region: number, from: number, to: number): [number, number] {
    const base = region * (this.horizons.length + 1);
    return [(base + from) * this.n, (base + to + 1) * this.n];
  }
}

export function atLeast(totals: ArrayLike<number>, k: number): number {
  let hits = 0;
  for (let draw = 0; draw < totals.length; draw += 1) if (totals[draw] >= k) hits += 1;
  return eventProbability(hits, totals.length);
}

export function mean(totals: ArrayLike<number>): number {
  let sum = 0;
  for (let draw = 0; draw < totals.length; draw += 1) sum += totals[draw];
  return sum / totals.length;
}

/** 5 %, 50 % and 95 % quantiles, as `quantile` defines them; small numbers are counted, which is faster than sorting. */
export function interval(totals: Uint32Array): Interval {
  let most = 0;
  for (let draw = 0; draw < totals.length; draw += 1) if (totals[draw] > most) most = totals[draw];
  if (most >= totals.length) {
    const sorted = totals.slice().sort();
    return { low: quantile(sorted, 0.05), middle: quantile(sorted, 0.5), high: quantile(sorted, 0.95) };
  }
  const often = new Uint32Array(most + 1);
  for (let draw = 0; draw < totals.length; draw += 1) often[totals[draw]] += 1;
  const [low, middle, high] = [0.05, 0.5, 0.95].map((level) => {
    let left = Math.max(Math.ceil(level * totals.length - 1e-9), 1);
    let value = 0;
    for (left -= often[0]; left > 0; left -= often[value]) value += 1;
    return value;
  });
  return { low, middle, high };
}
