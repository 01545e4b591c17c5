// Numbers as numpy and Python write and read them.

import type { DTypeName } from './block-source.js';

/** How many decimal digits a number of a dtype has at most. */
export function digitsOf(dtype: DTypeName): number {
  return dtype === 'float32' || dtype === 'complex64' ? 9 : dtype === 'float16' ? 5 : 17;
}

/** The number of the fewest digits that is the same as a float of fewer bits. */
function shortest(value: number, digits: number): number {
  if (digits === 17 || value === 0 || !Number.isFinite(value)) return value;
  // Half of the distance between two halves.
  const near = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 11);
  for (let count = 1; count < digits; count++) {
    const short = Number(value.toPrecision(count));
    if (digits === 9 ? Math.fround(short) === value : Math.abs(short - value) < near) return short;
  }
  return Number(value.toPrecision(digits));
}

/**
 * A value as Python writes it: `1.0` for a float, `True` for a boolean, `(1+2j)` for a complex number. `digits`: how many a
 * float of its size has at most.
 */
export function textOf(value: unknown, isFloat: boolean, digits = 17): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return isFloat ? floatText(shortest(value, digits)) : String(value);
  if (Array.isArray(value) && value.length === 2) {
    return complexText(value[0] as number, value[1] as number, digits);
  }
  return String(value);
}

/** A complex number as Python writes it: without a real part, if that is 0. */
export function complexText(real: number, imaginary: number, digits: number): string {
  const aside = `${plainText(shortest(Math.abs(imaginary), digits))}j`;
  const isNegative = imaginary < 0 || Object.is(imaginary, -0);
  if (Object.is(real, 0)) return isNegative ? `-${aside}` : aside;
  return `(${plainText(shortest(real, digits))}${isNegative ? '-' : '+'}${aside})`;
}

function plainText(value: number): string {
  return floatText(value).replace(/\.0$/, '');
}

/** A float with a point or an exponent, as Python writes it. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude >= 1e16 || magnitude < 1e-4)) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e');
    const digits = exponent.replace(/[+-]/, '').padStart(2, '0');
    return `${mantissa}e${exponent.startsWith('-') ? '-' : '+'}${digits}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** The whole number that a text is; undefined if it is none. */
export function integerOf(text: string): bigint | undefined {
  const digits = text.trim();
  return /^[+-]?\d+$/.test(digits) ? BigInt(digits.replace(/^\+/, '')) : undefined;
}

/** The number that a text is, also `inf` and `nan`; undefined if it is none. */
export function floatOf(text: string): number | undefined {
  const trimmed = text.trim();
  const special = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(trimmed);
  if (special) {
    const magnitude = /^n/i.test(special[2] as string) ? Number.NaN : Number.POSITIVE_INFINITY;
    return special[1] === '-' ? -magnitude : magnitude;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : undefined;
}
