// Made by scripts/loops.mjs: change the tables there, and run it again.

import type { BigArray } from './element-type.js';
import {
  exp2,
  floorDivide,
  floorDivideBig,
  mod,
  modBig,
  power,
  powerBig,
  powerInt,
  rint,
} from './scalars.js';
import { compareText } from './text-order.js';

/** Computes `n` elements from `x[xi]` on into `out[oi]` on. */
export type UnaryLoop<In, Out> = (x: In, xi: number, out: Out, oi: number, n: number) => void;
/** The same of two operands. */
export type BinaryLoop<In, Out> = (
  x: In,
  xi: number,
  y: In,
  yi: number,
  out: Out,
  oi: number,
  n: number,
) => void;

export const UNARY = {
  sin(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.sin(x);
    }
  },
  cos(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.cos(x);
    }
  },
  tan(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.tan(x);
    }
  },
  arcsin(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.asin(x);
    }
  },
  arccos(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.acos(x);
    }
  },
  arctan(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.atan(x);
    }
  },
  sinh(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.sinh(x);
    }
  },
  cosh(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.cosh(x);
    }
  },
  tanh(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.tanh(x);
    }
  },
  arcsinh(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.asinh(x);
    }
  },
  arccosh(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.acosh(x);
    }
  },
  arctanh(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.atanh(x);
    }
  },
  floor(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.floor(x);
    }
  },
  ceil(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.ceil(x);
    }
  },
  trunc(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.trunc(x);
    }
  },
  rint(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = rint(x);
    }
  },
  exp(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.exp(x);
    }
  },
  expm1(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.expm1(x);
    }
  },
  exp2(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = exp2(x);
    }
  },
  log(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.log(x);
    }
  },
  log10(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.log10(x);
    }
  },
  log2(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.log2(x);
    }
  },
  log1p(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.log1p(x);
    }
  },
  sqrt(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.sqrt(x);
    }
  },
  cbrt(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.cbrt(x);
    }
  },
  square(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x * x;
    }
  },
  squareInt(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.imul(x, x);
    }
  },
  absolute(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Math.abs(x);
    }
  },
  negative(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = -x;
    }
  },
  positive(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x;
    }
  },
  sign(a: Float64Array, ai: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : x;
    }
  },
} satisfies { readonly [name: string]: UnaryLoop<Float64Array, Float64Array> };

export const PREDICATES = {
  isfinite(a: Float64Array, ai: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x - x === 0 ? 1 : 0;
    }
  },
  isinf(a: Float64Array, ai: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x === Infinity || x === -Infinity ? 1 : 0;
    }
  },
  isnan(a: Float64Array, ai: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = Number.isNaN(x) ? 1 : 0;
    }
  },
  isneginf(a: Float64Array, ai: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x === -Infinity ? 1 : 0;
    }
  },
  isposinf(a: Float64Array, ai: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x === Infinity ? 1 : 0;
    }
  },
  logicalNot(a: Float64Array, ai: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x === 0 ? 1 : 0;
    }
  },
  logicalIdentity(a: Float64Array, ai: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x !== 0 ? 1 : 0;
    }
  },
} satisfies { readonly [name: string]: UnaryLoop<Float64Array, Uint8Array> };

export const BINARY = {
  add(a: Float64Array, ai: number, b: Float64Array, bi: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x + y;
    }
  },
  subtract(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Float64Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x - y;
    }
  },
  multiply(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Float64Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x * y;
    }
  },
  multiplyInt(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Float64Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = Math.imul(x, y);
    }
  },
  divide(a: Float64Array, ai: number, b: Float64Array, bi: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x / y;
    }
  },
  power(a: Float64Array, ai: number, b: Float64Array, bi: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = power(x, y);
    }
  },
  powerInt(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Float64Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = powerInt(x, y);
    }
  },
  floorDivide(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Float64Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = floorDivide(x, y);
    }
  },
  floorDivideInt(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Float64Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = y === 0 ? 0 : Math.floor(x / y);
    }
  },
  mod(a: Float64Array, ai: number, b: Float64Array, bi: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = mod(x, y);
    }
  },
  modInt(a: Float64Array, ai: number, b: Float64Array, bi: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = y === 0 ? 0 : mod(x, y);
    }
  },
  fmod(a: Float64Array, ai: number, b: Float64Array, bi: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x % y;
    }
  },
  fmodInt(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Float64Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = y === 0 ? 0 : x % y;
    }
  },
  maximum(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Float64Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x >= y || Number.isNaN(x) ? x : y;
    }
  },
  minimum(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Float64Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x <= y || Number.isNaN(x) ? x : y;
    }
  },
  fmax(a: Float64Array, ai: number, b: Float64Array, bi: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x >= y || Number.isNaN(y) ? x : y;
    }
  },
  fmin(a: Float64Array, ai: number, b: Float64Array, bi: number, out: Float64Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x <= y || Number.isNaN(y) ? x : y;
    }
  },
} satisfies { readonly [name: string]: BinaryLoop<Float64Array, Float64Array> };

export const COMPARISONS = {
  equal(a: Float64Array, ai: number, b: Float64Array, bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x === y ? 1 : 0;
    }
  },
  notEqual(a: Float64Array, ai: number, b: Float64Array, bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x !== y ? 1 : 0;
    }
  },
  greater(a: Float64Array, ai: number, b: Float64Array, bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x > y ? 1 : 0;
    }
  },
  greaterEqual(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Uint8Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x >= y ? 1 : 0;
    }
  },
  less(a: Float64Array, ai: number, b: Float64Array, bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x < y ? 1 : 0;
    }
  },
  lessEqual(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Uint8Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x <= y ? 1 : 0;
    }
  },
  logicalAnd(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Uint8Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x !== 0 && y !== 0 ? 1 : 0;
    }
  },
  logicalOr(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Uint8Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x !== 0 || y !== 0 ? 1 : 0;
    }
  },
  logicalXor(
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Uint8Array,
    oi: number,
    n: number,
  ) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = (x !== 0) !== (y !== 0) ? 1 : 0;
    }
  },
} satisfies { readonly [name: string]: BinaryLoop<Float64Array, Uint8Array> };

export const UNARY_BIG = {
  square(a: BigArray, ai: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x * x;
    }
  },
  absolute(a: BigArray, ai: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x < 0n ? -x : x;
    }
  },
  negative(a: BigArray, ai: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = -x;
    }
  },
  positive(a: BigArray, ai: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x;
    }
  },
  sign(a: BigArray, ai: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      out[oi + i] = x > 0n ? 1n : x < 0n ? -1n : 0n;
    }
  },
} satisfies { readonly [name: string]: UnaryLoop<BigArray, BigArray> };

export const BINARY_BIG = {
  add(a: BigArray, ai: number, b: BigArray, bi: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x + y;
    }
  },
  subtract(a: BigArray, ai: number, b: BigArray, bi: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x - y;
    }
  },
  multiply(a: BigArray, ai: number, b: BigArray, bi: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x * y;
    }
  },
  power(a: BigArray, ai: number, b: BigArray, bi: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = powerBig(x, y);
    }
  },
  floorDivide(a: BigArray, ai: number, b: BigArray, bi: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = floorDivideBig(x, y);
    }
  },
  mod(a: BigArray, ai: number, b: BigArray, bi: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = modBig(x, y);
    }
  },
  fmod(a: BigArray, ai: number, b: BigArray, bi: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = y === 0n ? 0n : x % y;
    }
  },
  maximum(a: BigArray, ai: number, b: BigArray, bi: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x > y || x === y ? x : y;
    }
  },
  minimum(a: BigArray, ai: number, b: BigArray, bi: number, out: BigArray, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x < y || x === y ? x : y;
    }
  },
} satisfies { readonly [name: string]: BinaryLoop<BigArray, BigArray> };

export const COMPARISONS_BIG = {
  equal(a: BigArray, ai: number, b: BigArray, bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x === y ? 1 : 0;
    }
  },
  notEqual(a: BigArray, ai: number, b: BigArray, bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x !== y ? 1 : 0;
    }
  },
  greater(a: BigArray, ai: number, b: BigArray, bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x > y ? 1 : 0;
    }
  },
  greaterEqual(a: BigArray, ai: number, b: BigArray, bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x >= y ? 1 : 0;
    }
  },
  less(a: BigArray, ai: number, b: BigArray, bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x < y ? 1 : 0;
    }
  },
  lessEqual(a: BigArray, ai: number, b: BigArray, bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x <= y ? 1 : 0;
    }
  },
} satisfies { readonly [name: string]: BinaryLoop<BigArray, Uint8Array> };

export const COMPARISONS_TEXT = {
  equal(a: string[], ai: number, b: string[], bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x === y ? 1 : 0;
    }
  },
  notEqual(a: string[], ai: number, b: string[], bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = x !== y ? 1 : 0;
    }
  },
  greater(a: string[], ai: number, b: string[], bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = compareText(x, y) > 0 ? 1 : 0;
    }
  },
  greaterEqual(a: string[], ai: number, b: string[], bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = compareText(x, y) >= 0 ? 1 : 0;
    }
  },
  less(a: string[], ai: number, b: string[], bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = compareText(x, y) < 0 ? 1 : 0;
    }
  },
  lessEqual(a: string[], ai: number, b: string[], bi: number, out: Uint8Array, oi: number, n: number) {
    for (let i = 0; i < n; i++) {
      const x = a[ai + i];
      const y = b[bi + i];
      out[oi + i] = compareText(x, y) <= 0 ? 1 : 0;
    }
  },
} satisfies { readonly [name: string]: BinaryLoop<string[], Uint8Array> };
