import { en, type Words } from './en';
import { fr } from './fr';

export type Language = 'en' | 'fr';

export const LANGUAGES: Record<Language, Words> = { en, fr };

/** The first language of the browser that the page speaks, else English. */
export function preferred(wanted: readonly string[]): Language {
  const known = wanted.map((each) => each.slice(0, 2).toLowerCase()).find((each) => each in LANGUAGES);
  return (known as Language | undefined) ?? 'en';
}
