// @ts-check
// Writes src/kernels/loops.ts: a loop for each function of the tables below. A loop that calls a function that it is given
// takes several times as long, and code cannot be made at run time where the policy of a page forbids it.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Of numbers, in doubles: what each function is of `x`. */
const UNARY = {
  sin: 'Math.sin(x)',
  cos: 'Math.cos(x)',
  tan: 'Math.tan(x)',
  arcsin: 'Math.asin(x)',
  arccos: 'Math.acos(x)',
  arctan: 'Math.atan(x)',
  sinh: 'Math.sinh(x)',
  cosh: 'Math.cosh(x)',
  tanh: 'Math.tanh(x)',
  arcsinh: 'Math.asinh(x)',
  arccosh: 'Math.acosh(x)',
  arctanh: 'Math.atanh(x)',
  floor: 'Math.floor(x)',
  ceil: 'Math.ceil(x)',
  trunc: 'Math.trunc(x)',
  rint: 'rint(x)',
  exp: 'Math.exp(x)',
  expm1: 'Math.expm1(x)',
  exp2: 'exp2(x)',
  log: 'Math.log(x)',
  log10: 'Math.log10(x)',
  log2: 'Math.log2(x)',
  log1p: 'Math.log1p(x)',
  sqrt: 'Math.sqrt(x)',
  cbrt: 'Math.cbrt(x)',
  square: 'x * x',
  squareInt: 'Math.imul(x, x)',
  absolute: 'Math.abs(x)',
  negative: '-x',
  positive: 'x',
  sign: 'x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : x',
};

/** What is true or false of `x`. */
const PREDICATES = {
  isfinite: 'x - x === 0',
  isinf: 'x === Infinity || x === -Infinity',
  isnan: 'Number.isNaN(x)',
  isneginf: 'x === -Infinity',
  isposinf: 'x === Infinity',
  logicalNot: 'x === 0',
  logicalIdentity: 'x !== 0',
};

/** Of two numbers, in doubles. Those with `Int` are for integers of up to 32 bits. */
const BINARY = {
  add: 'x + y',
  subtract: 'x - y',
  multiply: 'x * y',
  multiplyInt: 'Math.imul(x, y)',
  divide: 'x / y',
  power: 'power(x, y)',
  powerInt: 'powerInt(x, y)',
  floorDivide: 'floorDivide(x, y)',
  floorDivideInt: 'y === 0 ? 0 : Math.floor(x / y)',
  mod: 'mod(x, y)',
  modInt: 'y === 0 ? 0 : mod(x, y)',
  fmod: 'x % y',
  fmodInt: 'y === 0 ? 0 : x % y',
  maximum: 'x >= y || Number.isNaN(x) ? x : y',
  minimum: 'x <= y || Number.isNaN(x) ? x : y',
  fmax: 'x >= y || Number.isNaN(y) ? x : y',
  fmin: 'x <= y || Number.isNaN(y) ? x : y',
};

const COMPARISONS = {
  equal: 'x === y',
  notEqual: 'x !== y',
  greater: 'x > y',
  greaterEqual: 'x >= y',
  less: 'x < y',
  lessEqual: 'x <= y',
};

const LOGIC = {
  logicalAnd: 'x !== 0 && y !== 0',
  logicalOr: 'x !== 0 || y !== 0',
  logicalXor: '(x !== 0) !== (y !== 0)',
};

/** Of 64-bit integers: the array cuts off what is above. */
const UNARY_BIG = {
  square: 'x * x',
  absolute: 'x < 0n ? -x : x',
  negative: '-x',
  positive: 'x',
  sign: 'x > 0n ? 1n : x < 0n ? -1n : 0n',
};

const BINARY_BIG = {
  add: 'x + y',
  subtract: 'x - y',
  multiply: 'x * y',
  power: 'powerBig(x, y)',
  floorDivide: 'floorDivideBig(x, y)',
  mod: 'modBig(x, y)',
  fmod: 'y === 0n ? 0n : x % y',
  maximum: 'x > y || x === y ? x : y',
  minimum: 'x < y || x === y ? x : y',
};

/** Of strings: `c` is below, equal to or above 0 as they are in the order of their code points. */
const TEXT_ORDER = {
  greater: 'compareText(x, y) > 0',
  greaterEqual: 'compareText(x, y) >= 0',
  less: 'compareText(x, y) < 0',
  lessEqual: 'compareText(x, y) <= 0',
};

const lines = [
  '// Made by scripts/loops.mjs: change the tables there, and run it again.',
  '',
  "import type { BigArray } from './element-type.js';",
  "import { exp2, floorDivide, floorDivideBig, mod, modBig, power, powerBig, powerInt, rint } from './scalars.js';",
  "import { compareText } from './text-order.js';",
  '',
  '/** Computes `n` elements from `x[xi]` on into `out[oi]` on. */',
  'export type UnaryLoop<In, Out> = (x: In, xi: number, out: Out, oi: number, n: number) => void;',
  '/** The same of two operands. */',
  'export type BinaryLoop<In, Out> = (x: In, xi: number, y: In, yi: number, out: Out, oi: number, n: number) => void;',
  '',
];

/**
 * @param {string} table
 * @param {{ [name: string]: string }} functions
 * @param {string} input
 * @param {string} output
 * @param {{ isBinary?: boolean, isBoolean?: boolean }} form
 */
function loops(table, functions, input, output, { isBinary = false, isBoolean = false } = {}) {
  lines.push(`export const ${table} = {`);
  for (const [name, expression] of Object.entries(functions)) {
    const value = isBoolean ? `${expression} ? 1 : 0` : expression;
    lines.push(
      isBinary
        ? `${name}(a: ${input}, ai: number, b: ${input}, bi: number, out: ${output}, oi: number, n: number) {`
        : `${name}(a: ${input}, ai: number, out: ${output}, oi: number, n: number) {`,
      'for (let i = 0; i < n; i++) {',
      'const x = a[ai + i];',
      ...(isBinary ? ['const y = b[bi + i];'] : []),
      `out[oi + i] = ${value};`,
      '}',
      '},',
    );
  }
  const type = isBinary ? 'BinaryLoop' : 'UnaryLoop';
  lines.push(`} satisfies { readonly [name: string]: ${type}<${input}, ${output}> };`, '');
}

loops('UNARY', UNARY, 'Float64Array', 'Float64Array');
loops('PREDICATES', PREDICATES, 'Float64Array', 'Uint8Array', { isBoolean: true });
loops('BINARY', BINARY, 'Float64Array', 'Float64Array', { isBinary: true });
loops('COMPARISONS', { ...COMPARISONS, ...LOGIC }, 'Float64Array', 'Uint8Array', {
  isBinary: true,
  isBoolean: true,
});
loops('UNARY_BIG', UNARY_BIG, 'BigArray', 'BigArray');
loops('BINARY_BIG', BINARY_BIG, 'BigArray', 'BigArray', { isBinary: true });
loops('COMPARISONS_BIG', COMPARISONS, 'BigArray', 'Uint8Array', { isBinary: true, isBoolean: true });
const { equal, notEqual } = COMPARISONS;
loops('COMPARISONS_TEXT', { equal, notEqual, ...TEXT_ORDER }, 'string[]', 'Uint8Array', {
  isBinary: true,
  isBoolean: true,
});

const target = fileURLToPath(new URL('../src/kernels/loops.ts', import.meta.url));
const biome = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url));
const text = execFileSync(biome, ['format', '--stdin-file-path', 'loops.ts'], {
  input: `${lines.join('\n')}`,
  encoding: 'utf8',
});
if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(target, text);
