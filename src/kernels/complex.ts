// Complex numbers are pairs of doubles: x[2 i] is the real part, x[2 i + 1] the imaginary one.

import type { BinaryLoop, UnaryLoop } from './loops.js';
import { rint } from './scalars.js';

type Unary = UnaryLoop<Float64Array, Float64Array>;
type Binary = BinaryLoop<Float64Array, Float64Array>;
type Predicate = UnaryLoop<Float64Array, Uint8Array>;
type Comparison = BinaryLoop<Float64Array, Uint8Array>;

/** The result of the last function, which has two parts. */
let re = 0;
let im = 0;

function unary(f: (x: number, y: number) => void): Unary {
  return (a, ai, out, oi, n) => {
    for (let i = 0; i < n; i++) {
      f(a[(ai + i) * 2], a[(ai + i) * 2 + 1]);
      out[(oi + i) * 2] = re;
      out[(oi + i) * 2 + 1] = im;
    }
  };
}

function binary(f: (a: number, b: number, c: number, d: number) => void): Binary {
  return (a, ai, b, bi, out, oi, n) => {
    for (let i = 0; i < n; i++) {
      f(a[(ai + i) * 2], a[(ai + i) * 2 + 1], b[(bi + i) * 2], b[(bi + i) * 2 + 1]);
      out[(oi + i) * 2] = re;
      out[(oi + i) * 2 + 1] = im;
    }
  };
}

function predicate(f: (x: number, y: number) => boolean): Predicate {
  return (a, ai, out, oi, n) => {
    for (let i = 0; i < n; i++) out[oi + i] = f(a[(ai + i) * 2], a[(ai + i) * 2 + 1]) ? 1 : 0;
  };
}

function comparison(f: (a: number, b: number, c: number, d: number) => boolean): Comparison {
  return (a, ai, b, bi, out, oi, n) => {
    for (let i = 0; i < n; i++)
      out[oi + i] = f(a[(ai + i) * 2], a[(ai + i) * 2 + 1], b[(bi + i) * 2], b[(bi + i) * 2 + 1]) ? 1 : 0;
  };
}

function set(x: number, y: number): undefined {
  re = x;
  im = y;
}

function multiply(a: number, b: number, c: number, d: number): undefined {
  set(a * c - b * d, a * d + b * c);
}

/** By the larger part of the divisor, so that nothing overflows on the way. */
function divide(a: number, b: number, c: number, d: number): undefined {
  if (Math.abs(c) >= Math.abs(d)) {
    if (c === 0 && d === 0) return set(a / Math.abs(c), b / Math.abs(c));
    const ratio = d / c;
    const scale = 1 / (c + d * ratio);
    return set((a + b * ratio) * scale, (b - a * ratio) * scale);
  }
  const ratio = c / d;
  const scale = 1 / (c * ratio + d);
  return set((a * ratio + b) * scale, (b * ratio - a) * scale);
}

// What is not finite has the values of the C standard (Annex G), as far as it says any: numpy takes them from the C library.

/** A number with the sign of another one; of NaN that sign is positive. */
function withSign(size: number, sign: number): number {
  return sign < 0 || Object.is(sign, -0) ? -size : size;
}

function isInfinite(x: number): boolean {
  return Math.abs(x) === Infinity;
}

/** A product that is zero where the sine is, however large the other factor. */
function times(size: number, sine: number): number {
  return sine === 0 ? sine : size * sine;
}

function sqrt(x: number, y: number): undefined {
  if (isInfinite(y)) return set(Infinity, y);
  if (isInfinite(x)) {
    const none = Number.isNaN(y) ? Number.NaN : 0;
    return x < 0 ? set(none, withSign(Infinity, y)) : set(x, withSign(none, y));
  }
  if (x === 0 && y === 0) return set(0, y);
  // What would overflow, or lose digits below the normal numbers, is four to some power as large on the way.
  const largest = Math.max(Math.abs(x), Math.abs(y));
  const scale = largest > 2 ** 1000 ? 2 ** -60 : largest < 2 ** -960 ? 2 ** 60 : 1;
  const back = scale === 1 ? 1 : scale < 1 ? 2 ** 30 : 2 ** -30;
  const p = x * scale;
  const q = y * scale;
  const root = Math.sqrt((Math.abs(p) + Math.hypot(p, q)) / 2);
  const other = (q / (2 * root)) * back;
  if (x >= 0) return set(root * back, other);
  return set(Math.abs(other), withSign(root * back, y));
}

function exp(x: number, y: number): undefined {
  const size = Math.exp(x);
  if (!Number.isFinite(y) && isInfinite(x)) return x < 0 ? set(0, 0) : set(Infinity, Number.NaN);
  set(size * Math.cos(y), times(size, Math.sin(y)));
}

function sinh(x: number, y: number): undefined {
  if (!Number.isFinite(y) && (x === 0 || isInfinite(x))) return set(Math.abs(x), Number.NaN);
  set(Math.sinh(x) * Math.cos(y), times(Math.cosh(x), Math.sin(y)));
}

function cosh(x: number, y: number): undefined {
  if (!Number.isFinite(y) && x === 0) return set(Number.NaN, 0);
  if (!Number.isFinite(y) && isInfinite(x)) return set(Infinity, Number.NaN);
  set(Math.cosh(x) * Math.cos(y), x === 0 ? x * Math.sin(y) : times(Math.sinh(x), Math.sin(y)));
}

function log(x: number, y: number): undefined {
  set(logOfLength(Math.abs(x), Math.abs(y)), Math.atan2(y, x));
}

/** The logarithm of the length of a pair, neither of which is negative: exact also near 1, and where the length would overflow. */
function logOfLength(x: number, y: number): number {
  const large = Math.max(x, y);
  const small = Math.min(x, y);
  if (large > 0.5 && large < 2 && small < 2) {
    const excess = squaresLess1(large, small);
    if (Math.abs(excess) < 0.5) return Math.log1p(excess) / 2;
  }
  if (large > 2 ** 1022 && large < Infinity) return Math.log(Math.hypot(x / 4, y / 4)) + Math.LN2 * 2;
  // Below the normal numbers there are too few digits.
  if (large < 2 ** -1000 && large > 0) return Math.log(Math.hypot(x * 2 ** 60, y * 2 ** 60)) - Math.LN2 * 60;
  return Math.log(Math.hypot(x, y));
}

/** x x + y y - 1, where x is the larger: with the digits that the squares lose (Dekker, Numerische Mathematik 18, 1971). */
function squaresLess1(x: number, y: number): number {
  const xx = x * x;
  const yy = y * y;
  const most = xx - 1;
  const rest = xx - (most + 1);
  const sum = most + yy;
  const part = sum - most;
  const lost = most - (sum - part) + (yy - part);
  return sum + (rest + lost + (lostOfSquare(x, xx) + lostOfSquare(y, yy)));
}

/** What the square of a number lost when it was rounded. */
function lostOfSquare(x: number, square: number): number {
  const split = x * 134217729;
  const high = split - (split - x);
  const low = x - high;
  return high * high - square + 2 * high * low + low * low;
}

function power(a: number, b: number, c: number, d: number): undefined {
  if (c === 0 && d === 0) return set(1, 0);
  if (a === 0 && b === 0) return d === 0 && c > 0 ? set(0, 0) : set(Number.NaN, Number.NaN);
  // Of what is not finite a product with 1 is none any more.
  if (d === 0 && (c === 1 || c === 2 || c === 3)) {
    let [x, y] = [a, b];
    for (let i = 1; i < c; i++) [x, y] = [a * x - b * y, a * y + b * x];
    return set(x, y);
  }
  if (d === 0 && Number.isInteger(c) && Math.abs(c) < 100) {
    let [x, y] = [1, 0];
    let [p, q] = [a, b];
    for (let rest = Math.abs(c); rest > 0; rest >>= 1) {
      if (rest & 1) [x, y] = [x * p - y * q, x * q + y * p];
      [p, q] = [p * p - q * q, 2 * p * q];
    }
    return c < 0 ? divide(1, 0, x, y) : set(x, y);
  }
  log(a, b);
  multiply(re, im, c, d);
  return exp(re, im);
}

export const COMPLEX_UNARY = {
  positive: unary(set),
  negative: unary((x, y) => set(-x, -y)),
  square: unary((x, y) => set(x * x - y * y, 2 * x * y)),
  sqrt: unary(sqrt),
  exp: unary(exp),
  expm1: unary((x, y) => {
    const half = Math.sin(y / 2);
    set(Math.expm1(x) * Math.cos(y) - 2 * half * half, Math.exp(x) * Math.sin(y));
  }),
  exp2: unary((x, y) => exp(x * Math.LN2, y * Math.LN2)),
  log: unary(log),
  log2: unary((x, y) => {
    log(x, y);
    set(re / Math.LN2, im / Math.LN2);
  }),
  log10: unary((x, y) => {
    log(x, y);
    set(re / Math.LN10, im / Math.LN10);
  }),
  log1p: unary((x, y) => {
    const size = Math.hypot(x + 1, y);
    set(Math.log(size), Math.atan2(y, x + 1));
  }),
  sin: unary((x, y) => {
    sinh(-y, x);
    turned(true);
    if (Number.isNaN(re)) im = Number.isNaN(im) ? im : Math.abs(im);
  }),
  cos: unary((x, y) => cosh(-y, x)),
  sinh: unary(sinh),
  cosh: unary(cosh),
  tan: unary((x, y) => tanh(-y, x, true)),
  tanh: unary((x, y) => tanh(x, y, false)),
  arctan: unary((x, y) => arctanh(-y, x, true)),
  arctanh: unary((x, y) => arctanh(x, y, false)),
  arcsin: unary((x, y) => arcsinh(-y, x, true)),
  arcsinh: unary((x, y) => arcsinh(x, y, false)),
  arccos: unary(arccos),
  arccosh: unary((x, y) => {
    if (isInfinite(y)) {
      const turn = isInfinite(x) ? (x < 0 ? (Math.PI * 3) / 4 : Math.PI / 4) : Math.PI / 2;
      return set(Infinity, Number.isNaN(x) ? x : withSign(turn, y));
    }
    if (isInfinite(x)) return set(Infinity, Number.isNaN(y) ? y : withSign(x < 0 ? Math.PI : 0, y));
    if (Number.isNaN(y)) return set(Number.NaN, x === 0 ? Math.PI / 2 : Number.NaN);
    arccos(x, y);
    set(Math.abs(im), withSign(re, y));
  }),
  rint: unary((x, y) => set(rint(x), rint(y))),
  sign: unary((x, y) =>
    set(Number.isNaN(y) ? y : x > 0 ? 1 : x < 0 ? -1 : x === 0 ? (y > 0 ? 1 : y < 0 ? -1 : 0) : x, 0),
  ),
} satisfies { readonly [name: string]: Unary };

/** Of i z, turned back, if that is asked for: so come tan, arctan and arcsin from these. */
function turned(turn: boolean): undefined {
  if (turn) set(im, -re);
}

function tanh(x: number, y: number, turn: boolean): undefined {
  if (Math.abs(x) > 20 && (Number.isFinite(y) || isInfinite(x))) {
    set(Math.sign(x), 0);
  } else if (!Number.isFinite(y) && x === 0) {
    set(x, Number.NaN);
  } else if (Number.isNaN(x) && y === 0) {
    set(x, y);
  } else {
    const scale = Math.cosh(2 * x) + Math.cos(2 * y);
    set(Math.sinh(2 * x) / scale, Math.sin(2 * y) / scale);
  }
  turned(turn);
}

function arctanh(x: number, y: number, turn: boolean): undefined {
  if (isInfinite(x) || isInfinite(y) || (x === 0 && Number.isNaN(y))) {
    const isKnown = isInfinite(y) || !Number.isNaN(y);
    set(withSign(0, x), isKnown ? withSign(Math.PI / 2, y) : Number.NaN);
    return turned(turn);
  }
  if (Number.isNaN(x) || Number.isNaN(y)) set(Number.NaN, Number.NaN);
  else finiteArctanh(Math.abs(x), Math.abs(y));
  set(withSign(re, x), withSign(im, y));
  turned(turn);
}

function arcsinh(x: number, y: number, turn: boolean): undefined {
  if (isInfinite(y)) {
    // The sign of what is no number is that of NaN before it is turned.
    const sign = Number.isNaN(x) && turn ? -1 : x;
    set(
      withSign(Infinity, sign),
      Number.isNaN(x) ? x : withSign(isInfinite(x) ? Math.PI / 4 : Math.PI / 2, y),
    );
    return turned(turn);
  }
  if (!Number.isFinite(x)) {
    set(x, Number.isNaN(y) || (Number.isNaN(x) && y !== 0) ? Number.NaN : withSign(0, y));
    return turned(turn);
  }
  finiteArcsinh(Math.abs(x), Math.abs(y));
  set(withSign(re, x), withSign(im, y));
  turned(turn);
}

function arccos(x: number, y: number): undefined {
  if (!Number.isFinite(x) || !Number.isFinite(y)) {
    arcsinh(-y, x, true);
    return set(Math.PI / 2 - re, -im);
  }
  finiteArccos(Math.abs(x), Math.abs(y), x < 0);
  set(re, withSign(im, -y));
}

// The inverse functions of finite numbers follow T. E. Hull, T. F. Fairgrieve and P. T. P. Tang, "Implementing the complex arcsine
// and arccosine functions using exception handling", ACM Transactions on Mathematical Software 23 (1997), in the form that Stephen
// Montgomery-Smith gave them in FreeBSD's msun (catrig.c): each of several formulas where it loses no digits.

/** From here on, 1 is nothing beside a number; below `SMALL`, the third power is nothing beside the number. */
const LARGE = 1 / Number.EPSILON;
const SMALL = 9e-9;

/** Of the lengths to the two branch points: half of their sum, and the larger part of the result, of which the sign is to come. */
let half = 0;
let length = 0;
/** The other part: the angle of this pair. */
let opposite = 0;
let adjacent = 0;

/** (hypot(a, b) - b) / 2, without cancellation. */
function halfExcess(a: number, b: number, hypot: number): number {
  return b < 0 ? (hypot - b) / 2 : b === 0 ? a / 2 : (a * a) / (hypot + b) / 2;
}

/** The parts of the hyperbolic arcsine of x + i y, which are not negative: `length`, and the angle of `opposite` and `adjacent`. */
function partsOfArcsinh(x: number, y: number): undefined {
  const above = Math.hypot(x, y + 1);
  const below = Math.hypot(x, y - 1);
  half = Math.max((above + below) / 2, 1);
  const distance = Math.abs(y - 1);
  if (half >= 10) {
    length = Math.log(half + Math.sqrt(half * half - 1));
  } else if (y === 1 && x < Number.EPSILON ** 2 / 128) {
    length = Math.sqrt(x);
  } else if (x >= Number.EPSILON * distance) {
    const excess = halfExcess(x, 1 + y, above) + halfExcess(x, 1 - y, below);
    length = Math.log1p(excess + Math.sqrt(excess * (half + 1)));
  } else if (y < 1) {
    length = x / Math.sqrt((1 - y) * (1 + y));
  } else {
    length = Math.log1p(y - 1 + Math.sqrt((y - 1) * (y + 1)));
  }
  opposite = y;
  if (y < 2 ** -509) {
    opposite = y * (2 / Number.EPSILON);
    adjacent = half * (2 / Number.EPSILON);
  } else if (y / half <= 0.6417) {
    adjacent = Math.sqrt((half - y) * (half + y));
  } else if (y === 1 && x < Number.EPSILON / 128) {
    adjacent = Math.sqrt(x) * Math.sqrt((half + y) / 2);
  } else if (x >= Number.EPSILON * distance) {
    const excess = halfExcess(x, y + 1, above) + halfExcess(x, y - 1, below);
    adjacent = Math.sqrt(excess * (half + y));
  } else if (y > 1) {
    opposite = y * (4 / Number.EPSILON / Number.EPSILON);
    adjacent = (x * (4 / Number.EPSILON / Number.EPSILON) * y) / Math.sqrt((y + 1) * (y - 1));
  } else {
    adjacent = Math.sqrt((1 - y) * (1 + y));
  }
}

function finiteArcsinh(x: number, y: number): undefined {
  if (x > LARGE || y > LARGE) return set(logOfLength(x, y) + Math.LN2, Math.atan2(y, x));
  if (x < SMALL && y < SMALL) return set(x, y);
  partsOfArcsinh(x, y);
  set(length, Math.atan2(opposite, adjacent));
}

/** The imaginary part without its sign. */
function finiteArccos(x: number, y: number, isLeft: boolean): undefined {
  const real = isLeft ? -x : x;
  if (x > LARGE || y > LARGE) return set(Math.atan2(y, real), logOfLength(x, y) + Math.LN2);
  if (real === 1 && y === 0) return set(0, 0);
  if (x < SMALL && y < SMALL) return set(Math.PI / 2 - (real - 6.123233995736766e-17), y);
  partsOfArcsinh(y, x);
  set(Math.atan2(adjacent, isLeft ? -opposite : opposite), length);
}

function finiteArctanh(x: number, y: number): undefined {
  if (y === 0 && x <= 1) return set(Math.atanh(x), 0);
  if (x === 0) return set(0, Math.atan(y));
  if (x > LARGE || y > LARGE) return set(realOfReciprocal(x, y), Math.PI / 2);
  if (x < SMALL && y < SMALL) return set(x, y);
  const isNear = y < Number.EPSILON;
  const size =
    x === 1 && isNear
      ? (Math.LN2 - Math.log(y)) / 2
      : Math.log1p((4 * x) / ((x - 1) * (x - 1) + (y < 2 ** -511 ? 0 : y * y))) / 4;
  if (x === 1) return set(size, Math.atan2(2, -y) / 2);
  set(size, Math.atan2(2 * y, (1 - x) * (1 + x) - (isNear ? 0 : y * y)) / 2);
}

/** The real part of 1 / (x + i y), where x x or y y may be no number. */
function realOfReciprocal(x: number, y: number): number {
  // A quarter of them, whose sum does not overflow.
  const p = x / 4;
  const q = y / 4;
  if (p >= q) return 1 / (p + (q / p) * q) / 4;
  const ratio = p / q;
  return ratio / (ratio * p + q) / 4;
}

export const COMPLEX_BINARY = {
  add: binary((a, b, c, d) => set(a + c, b + d)),
  subtract: binary((a, b, c, d) => set(a - c, b - d)),
  multiply: binary(multiply),
  divide: binary(divide),
  power: binary(power),
  maximum: binary((a, b, c, d) => (order(a, b, c, d) >= 0 || isNone(a, b) ? set(a, b) : set(c, d))),
  minimum: binary((a, b, c, d) => (order(a, b, c, d) <= 0 || isNone(a, b) ? set(a, b) : set(c, d))),
  fmax: binary((a, b, c, d) => (order(a, b, c, d) >= 0 || isNone(c, d) ? set(a, b) : set(c, d))),
  fmin: binary((a, b, c, d) => (order(a, b, c, d) <= 0 || isNone(c, d) ? set(a, b) : set(c, d))),
} satisfies { readonly [name: string]: Binary };

export const COMPLEX_PREDICATES = {
  isfinite: predicate((x, y) => Number.isFinite(x) && Number.isFinite(y)),
  isinf: predicate((x, y) => Math.abs(x) === Infinity || Math.abs(y) === Infinity),
  isnan: predicate(isNone),
  logicalNot: predicate((x, y) => x === 0 && y === 0),
  logicalIdentity: predicate((x, y) => x !== 0 || y !== 0),
} satisfies { readonly [name: string]: Predicate };

/** By the real parts, then by the imaginary ones; of what is no number NaN. */
function order(a: number, b: number, c: number, d: number): number {
  if (isNone(a, b) || isNone(c, d)) return Number.NaN;
  return a < c ? -1 : a > c ? 1 : b < d ? -1 : b > d ? 1 : 0;
}

/** Whether one of the parts is no number. */
function isNone(x: number, y: number): boolean {
  return Number.isNaN(x) || Number.isNaN(y);
}

const truth = (x: number, y: number) => x !== 0 || y !== 0;

export const COMPLEX_COMPARISONS = {
  equal: comparison((a, b, c, d) => a === c && b === d),
  notEqual: comparison((a, b, c, d) => a !== c || b !== d),
  greater: comparison((a, b, c, d) => order(a, b, c, d) > 0),
  greaterEqual: comparison((a, b, c, d) => order(a, b, c, d) >= 0),
  less: comparison((a, b, c, d) => order(a, b, c, d) < 0),
  lessEqual: comparison((a, b, c, d) => order(a, b, c, d) <= 0),
  logicalAnd: comparison((a, b, c, d) => truth(a, b) && truth(c, d)),
  logicalOr: comparison((a, b, c, d) => truth(a, b) || truth(c, d)),
  logicalXor: comparison((a, b, c, d) => truth(a, b) !== truth(c, d)),
} satisfies { readonly [name: string]: Comparison };
