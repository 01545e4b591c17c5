import { COMPLEX_BINARY, COMPLEX_COMPARISONS, COMPLEX_PREDICATES, COMPLEX_UNARY } from './complex.js';
import { BOOL, C16, type ElementType, F4, F8, I1, STR } from './element-type.js';
import { KernelError } from './errors.js';
import {
  BINARY,
  BINARY_BIG,
  COMPARISONS,
  COMPARISONS_BIG,
  COMPARISONS_TEXT,
  PREDICATES,
  UNARY,
  UNARY_BIG,
} from './loops.js';

// A loop takes its inputs, each an array and a position, then the same for its output, then a count.
// biome-ignore lint/suspicious/noExplicitAny: loops of one and of two inputs, over arrays of four kinds, stand in one table.
export type Loop = (...args: any[]) => void;

/**
 * How the type of a result follows from the common type of the operands:
 * - `float`: a float that holds them (integers of 16 bits and less: `f4`, larger ones: `f8`)
 * - `keep`: the same; `booleans` says what of booleans
 * - `divide`: `f8` of integers, else the same
 * - `double`: always `f8`, or `c16`
 * - `test`: `bool`
 */
type Rule = 'float' | 'keep' | 'divide' | 'double' | 'test';

/** A function that is applied to each element. */
export interface Ufunc {
  readonly name: string;
  readonly inputs: 1 | 2;
  readonly rule: Rule;
  /** Of booleans with the rule `keep`: a boolean, an `i1`, or nothing. */
  readonly booleans: 'bool' | 'i1' | 'none';
  /** In doubles: of floats, of integers of up to 32 bits and of booleans. */
  readonly number?: Loop | undefined;
  /** Of integers of up to 32 bits, where doubles would lose digits or divide by zero. */
  readonly integer?: Loop | undefined;
  readonly big?: Loop | undefined;
  readonly complex?: Loop | undefined;
  readonly string?: Loop | undefined;
  /** Whether it computes in the first type that holds all operands. */
  readonly searches?: true | undefined;
  /** Whether it refuses a negative second operand of an integer type. */
  readonly naturalExponent?: boolean;
}

type LoopTable = { readonly [name: string]: Loop };

interface Entry {
  readonly rule: Rule;
  readonly booleans?: Ufunc['booleans'];
  /** The name of the loops, if it is another one. */
  readonly loop?: string;
  /** Whether there is a loop for integers beside that for doubles. */
  readonly integer?: true;
  /** Whether 64-bit integers are computed as doubles. */
  readonly wide?: true;
  readonly searches?: true;
}

/** Of one operand. */
const ONE: { readonly [name: string]: Entry } = {
  sin: { rule: 'float' },
  cos: { rule: 'float' },
  tan: { rule: 'float' },
  arcsin: { rule: 'float' },
  arccos: { rule: 'float' },
  arctan: { rule: 'float' },
  sinh: { rule: 'float' },
  cosh: { rule: 'float' },
  tanh: { rule: 'float' },
  arcsinh: { rule: 'float' },
  arccosh: { rule: 'float' },
  arctanh: { rule: 'float' },
  floor: { rule: 'float' },
  ceil: { rule: 'float' },
  trunc: { rule: 'float' },
  rint: { rule: 'float' },
  exp: { rule: 'float' },
  expm1: { rule: 'float' },
  exp2: { rule: 'float' },
  log: { rule: 'float' },
  log10: { rule: 'float' },
  log2: { rule: 'float' },
  log1p: { rule: 'float' },
  sqrt: { rule: 'float' },
  cbrt: { rule: 'float' },
  fabs: { rule: 'float', loop: 'absolute' },
  square: { rule: 'keep', booleans: 'i1', integer: true },
  absolute: { rule: 'keep', booleans: 'bool' },
  negative: { rule: 'keep', booleans: 'none' },
  positive: { rule: 'keep', booleans: 'none' },
  sign: { rule: 'keep', booleans: 'none' },
  isfinite: { rule: 'test', wide: true },
  isinf: { rule: 'test', wide: true },
  isnan: { rule: 'test', wide: true },
  isneginf: { rule: 'test', wide: true },
  isposinf: { rule: 'test', wide: true },
  logical_not: { rule: 'test', loop: 'logicalNot', wide: true },
};

/** Of two. */
const TWO: { readonly [name: string]: Entry } = {
  add: { rule: 'keep', booleans: 'bool' },
  subtract: { rule: 'keep', booleans: 'none' },
  multiply: { rule: 'keep', booleans: 'bool', integer: true },
  divide: { rule: 'divide' },
  true_divide: { rule: 'divide', loop: 'divide' },
  power: { rule: 'keep', booleans: 'i1', integer: true, searches: true },
  float_power: { rule: 'double', loop: 'power' },
  floor_divide: { rule: 'keep', booleans: 'i1', loop: 'floorDivide', integer: true, searches: true },
  mod: { rule: 'keep', booleans: 'i1', integer: true, searches: true },
  fmod: { rule: 'keep', booleans: 'i1', integer: true, searches: true },
  maximum: { rule: 'keep', booleans: 'bool' },
  minimum: { rule: 'keep', booleans: 'bool' },
  fmax: { rule: 'keep', booleans: 'bool' },
  fmin: { rule: 'keep', booleans: 'bool' },
  equal: { rule: 'test' },
  not_equal: { rule: 'test', loop: 'notEqual' },
  greater: { rule: 'test' },
  greater_equal: { rule: 'test', loop: 'greaterEqual' },
  less: { rule: 'test' },
  less_equal: { rule: 'test', loop: 'lessEqual' },
  logical_and: { rule: 'test', loop: 'logicalAnd', wide: true },
  logical_or: { rule: 'test', loop: 'logicalOr', wide: true },
  logical_xor: { rule: 'test', loop: 'logicalXor', wide: true },
};

const BIG: LoopTable = { ...BINARY_BIG, fmax: BINARY_BIG.maximum, fmin: BINARY_BIG.minimum };

function ufunc(name: string, inputs: 1 | 2, entry: Entry): Ufunc {
  const { rule, booleans = 'none', loop = name, integer, wide, searches } = entry;
  const numbers: LoopTable = inputs === 1 ? { ...UNARY, ...PREDICATES } : { ...BINARY, ...COMPARISONS };
  const big: LoopTable = inputs === 1 ? UNARY_BIG : { ...BIG, ...COMPARISONS_BIG };
  const complex: LoopTable =
    inputs === 1
      ? { ...COMPLEX_UNARY, ...COMPLEX_PREDICATES }
      : { ...COMPLEX_BINARY, ...COMPLEX_COMPARISONS };
  return {
    name,
    inputs,
    rule,
    booleans,
    number: numbers[loop],
    integer: integer && numbers[`${loop}Int`],
    big: wide || rule === 'float' || rule === 'divide' || rule === 'double' ? undefined : big[loop],
    complex: complex[name === 'absolute' ? '' : loop],
    string: inputs === 2 ? (COMPARISONS_TEXT as LoopTable)[loop] : undefined,
    searches,
    naturalExponent: name === 'power',
  };
}

/** The functions of numpy that go element by element, by their names. */
export const UFUNCS: ReadonlyMap<string, Ufunc> = new Map([
  ...Object.entries(ONE).map(([name, entry]): [string, Ufunc] => [name, ufunc(name, 1, entry)]),
  ...Object.entries(TWO).map(([name, entry]): [string, Ufunc] => [name, ufunc(name, 2, entry)]),
]);

/** How a function is computed for operands of a common type. */
export interface Plan {
  readonly loop: Loop;
  /** The type to compute in, if one is asked for: operands that it does not hold become of it first. */
  readonly cast?: ElementType | undefined;
  /** What the operands are before: their own type; then that which the loop takes. */
  readonly input: ElementType;
  /** What the loop makes. */
  readonly made: ElementType;
  /** The type of the result. */
  readonly result: ElementType;
}

/** The type of the absolute value of a complex number. */
function planAbsolute(type: ElementType): Plan {
  const loop = (x: Float64Array, xi: number, out: Float64Array, oi: number, n: number) => {
    for (let i = 0; i < n; i++) out[oi + i] = Math.hypot(x[(xi + i) * 2], x[(xi + i) * 2 + 1]);
  };
  return { loop, input: C16, made: F8, result: type.size === 8 ? F4 : F8 };
}

/**
 * How to compute a function of operands whose common type is given.
 *
 * @throws {KernelError} H5_DTYPE when it is not defined for that type.
 */
export function planUfunc(func: Ufunc, common: ElementType): Plan {
  const { rule, name } = func;
  const refuse = (why: string): never => {
    throw new KernelError('H5_DTYPE', `${name} is not defined for ${common.dtype}: ${why}`);
  };
  if (common.kind === 's') {
    if (func.string) return { loop: func.string, input: STR, made: BOOL, result: BOOL };
    return refuse('it takes numbers');
  }
  if (common.kind === 'c') {
    if (name === 'absolute') return planAbsolute(common);
    if (!func.complex) return refuse('it takes real numbers');
    if (rule === 'test') return { loop: func.complex, input: C16, made: BOOL, result: BOOL };
    return { loop: func.complex, input: C16, made: C16, result: rule === 'double' ? C16 : common };
  }
  const number = func.number as Loop;
  switch (rule) {
    case 'test':
      if (common.compute === 'big' && func.big)
        return { loop: func.big, input: common, made: BOOL, result: BOOL };
      return { loop: number, input: F8, made: BOOL, result: BOOL };
    case 'float':
      return {
        loop: number,
        input: F8,
        made: F8,
        result: common.kind === 'f' ? common : common.size <= 2 ? F4 : F8,
      };
    case 'divide':
      return { loop: number, input: F8, made: F8, result: common.kind === 'f' ? common : F8 };
    case 'double':
      return { loop: number, input: F8, made: F8, result: F8 };
    case 'keep': {
      if (common.kind === 'b') {
        if (func.booleans === 'none') return refuse('use logical_xor, logical_not, or convert it to i1');
        if (func.booleans === 'bool') return { loop: number, input: F8, made: F8, result: BOOL };
        return { loop: func.integer ?? number, input: F8, made: F8, result: I1 };
      }
      if (common.compute === 'big') {
        if (!func.big) return refuse('it takes floats');
        return { loop: func.big, input: common, made: common, result: common };
      }
      const loop = common.kind === 'f' ? number : (func.integer ?? number);
      return { loop, input: F8, made: F8, result: common };
    }
  }
}
