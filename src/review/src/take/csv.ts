// Tables for spreadsheets: text that a spreadsheet would run as a formula gets a leading apostrophe.

const FORMULA = /^[=+\-@\t\r]/;

export type Cell = string | number | boolean | null;

export function cell(value: Cell): string {
  if (value === null || (typeof value === 'number' && Number.isNaN(value))) return '';
  if (typeof value !== 'string') return String(value);
  const inert = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

export function csv(columns: string[], rows: Cell[][]): string {
  return [columns, ...rows].map((row) => row.map(cell).join(',')).join('\n') + '\n';
}
