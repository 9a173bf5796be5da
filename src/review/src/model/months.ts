// Calendar months as YYYY-MM, counted as whole numbers.

export function toNumber(month: string): number {
  const [year, number] = month.split('-').map(Number);
  return year * 12 + number - 1;
}

export function toMonth(number: number): string {
  const year = Math.floor(number / 12);
  return `${String(year).padStart(4, '0')}-${String((number % 12) + 1).padStart(2, '0')}`;
}

export function monthsBetween(first: string, last: string): string[] {
  const start = toNumber(first);
  return Array.from({ length: toNumber(last) - start + 1 }, (_, step) => toMonth(start + step));
}
