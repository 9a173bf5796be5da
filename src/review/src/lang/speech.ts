// Numbers, months and chances as a reader of one language expects them.

import type { Payload } from '../data/types';
import { toNumber } from '../model/months';
import { LANGUAGES, type Language } from '.';
import { BUNDLED } from './bundled';
import type { Words } from './en';

const LEAST = 0.005;

export class Speech {
  readonly words: Words;
  readonly #whole: Intl.NumberFormat;
  readonly #fine: Intl.NumberFormat;
  readonly #percent: Intl.NumberFormat;
  readonly #signed: Intl.NumberFormat;
  readonly #month: Intl.DateTimeFormat;
  readonly #brief: Intl.DateTimeFormat;
  readonly #name: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #countries: Intl.DisplayNames;
  readonly #order: Intl.Collator;

  constructor(readonly language: Language) {
    const words = LANGUAGES[language];
    const { locale } = words;
    this.words = words;
    this.#whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    this.#fine = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.#percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
    this.#signed = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, signDisplay: 'exceptZero' });
    this.#month = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' });
    this.#brief = new Intl.DateTimeFormat(locale, { month: 'short', year: 'numeric', timeZone: 'UTC' });
    this.#name = new Intl.DateTimeFormat(locale, { month: 'long', timeZone: 'UTC' });
    this.#day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
    this.#countries = new Intl.DisplayNames(locale, { type: 'region' });
    this.#order = new Intl.Collator(locale);
  }

  compare(a: string, b: string): number {
    return this.#order.compare(a, b);
  }

  whole(value: number): string {
    return this.#whole.format(value);
  }

  /** Whole from ten on, else with one decimal. */
  number(value: number): string {
    return Math.abs(value) >= 9.95 || Number.isInteger(value) ? this.#whole.format(value) : this.#fine.format(value);
  }

  decimals(value: number, digits: number): string {
    return new Intl.NumberFormat(this.words.locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }).format(value);
  }

  signed(value: number): string {
    return this.#signed.format(Math.round(value) || 0).replace('-', '−');
  }

  signedFine(value: number): string {
    const shown = this.number(Math.abs(value));
    return value < 0 ? `−${shown}` : `+${shown}`;
  }

  /** Percent, never as certain or impossible. */
  percent(p: number): string {
    if (p < LEAST) return `<${this.#percent.format(0.01)}`;
    return p > 1 - LEAST ? `>${this.#percent.format(0.99)}` : this.#percent.format(p);
  }

  /** "about 3 in 10"; in hundredths where tenths would say nothing. */
  odds(p: number): string {
    const { words } = this;
    if (p < LEAST) return words.fewer(words.odds(1, 100));
    if (p > 1 - LEAST) return words.more(words.odds(99, 100));
    const rare = p < 0.095 || p > 0.905;
    return words.about(rare ? words.odds(Math.round(p * 100), 100) : words.odds(Math.round(p * 10), 10));
  }

  points(change: number): string {
    return this.signed(change * 100);
  }

  month(month: string): string {
    return this.#month.format(date(month));
  }

  monthBrief(month: string): string {
    return this.#brief.format(date(month));
  }

  /** "4 May 2023", "4–6 May 2023". */
  days(first: string, last: string): string {
    return this.#day.formatRange(new Date(`${first}T00:00Z`), new Date(`${last}T00:00Z`));
  }

  span(first: string, last: string): string {
    if (first === last) return this.month(first);
    return this.words.spanOf(this.#opening(first, last), this.month(last));
  }

  /** "in January 2024", "from January to March 2024". */
  window(first: string, last: string): string {
    if (first === last) return this.words.inMonth(this.month(first));
    return this.words.fromTo(this.#opening(first, last), this.month(last));
  }

  list(items: string[]): string {
    return this.words.and(items);
  }

  counted(value: number, measure: string): string {
    return this.words.counted(Math.abs(value), this.number(value), measure);
  }

  many(measure: string): string {
    return this.words.many[measure] ?? measure;
  }

  one(measure: string): string {
    return this.words.one[measure] ?? measure;
  }

  country(code: string, countries: Payload['countries']): string {
    const known = countries[code];
    return known?.iso2 ? (this.#countries.of(known.iso2) ?? known.name) : (known?.name ?? code);
  }

  /** Titles and caveats of the bundled data in this language; those of other data as they were written. */
  said(text: string): { text: string; lang: string } {
    const known = this.language === 'en' ? text : BUNDLED[text];
    return known === undefined ? { text, lang: 'en' } : { text: known, lang: this.language };
  }

  #opening(first: string, last: string): string {
    return first.slice(0, 4) === last.slice(0, 4) ? this.#name.format(date(first)) : this.month(first);
  }
}

/** A sentence with a capital letter first. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function date(month: string): Date {
  const number = toNumber(month);
  return new Date(Date.UTC(Math.floor(number / 12), number % 12, 1));
}
