import { applyUfunc, type ElementwiseOptions, ufuncOf } from './elementwise.js';
import type { Complex } from './ndarray.js';
import type { ArrayInput, ArrayResult } from './source.js';
import type { Out } from './target.js';
import { addText, multiplyText, textOperand } from './text.js';

/** What functions of numbers make of complex ones; what others do is the same. */
export type OfComplex<Value> = Value extends number ? Complex : Value;

/** A function of one operand: a number becomes a number, an array an array; with `out` the result is that. */
export interface UnaryFunction<Value, ComplexValue = OfComplex<Value>> {
  <T extends Out>(x: ArrayInput, options: ElementwiseOptions & { readonly out: T }): T;
  (x: number, options?: ElementwiseOptions): Value;
  (x: Complex, options?: ElementwiseOptions): ComplexValue;
  (x: ArrayInput, options?: ElementwiseOptions): ArrayResult;
}

/** A function of two operands, which stretch to one shape. */
export interface BinaryFunction<Value> {
  <T extends Out>(x: ArrayInput, y: ArrayInput, options: ElementwiseOptions & { readonly out: T }): T;
  (x: number, y: number, options?: ElementwiseOptions): Value;
  (x: Complex, y: Complex | number, options?: ElementwiseOptions): OfComplex<Value>;
  (x: number, y: Complex, options?: ElementwiseOptions): OfComplex<Value>;
  (x: ArrayInput, y: ArrayInput, options?: ElementwiseOptions): ArrayResult;
}

function unary<Value, ComplexValue = OfComplex<Value>>(name: string): UnaryFunction<Value, ComplexValue> {
  const func = ufuncOf(name);
  return ((x: ArrayInput, options?: ElementwiseOptions) => applyUfunc(func, [x], options)) as UnaryFunction<
    Value,
    ComplexValue
  >;
}

function binary<Value>(name: string): BinaryFunction<Value> {
  const func = ufuncOf(name);
  return ((x: ArrayInput, y: ArrayInput, options?: ElementwiseOptions) =>
    applyUfunc(func, [x, y], options)) as BinaryFunction<Value>;
}

/** The same of numbers; of strings something else. */
function binaryOrText(
  name: string,
  text: (x: ArrayInput, y: ArrayInput, out: Out | undefined) => unknown,
): BinaryFunction<number> {
  const func = ufuncOf(name);
  return ((x: ArrayInput, y: ArrayInput, options?: ElementwiseOptions) =>
    textOperand(x) || textOperand(y)
      ? text(x, y, options?.out)
      : applyUfunc(func, [x, y], options)) as BinaryFunction<number>;
}

/**
 * The sine of angles in radians.
 *
 * @example
 * sin(0.5);
 */
export const sin: UnaryFunction<number> = unary('sin');

/**
 * The cosine of angles in radians.
 *
 * @example
 * cos(0.5);
 */
export const cos: UnaryFunction<number> = unary('cos');

/**
 * The tangent of angles in radians.
 *
 * @example
 * tan(0.5);
 */
export const tan: UnaryFunction<number> = unary('tan');

/**
 * The angle of a sine, from -pi/2 to pi/2; of what is none, NaN.
 *
 * @example
 * arcsin(1);
 */
export const arcsin: UnaryFunction<number> = unary('arcsin');

/**
 * The angle of a cosine, from 0 to pi; of what is none, NaN.
 *
 * @example
 * arccos(0);
 */
export const arccos: UnaryFunction<number> = unary('arccos');

/**
 * The angle of a tangent, from -pi/2 to pi/2.
 *
 * @example
 * arctan(1);
 */
export const arctan: UnaryFunction<number> = unary('arctan');

/**
 * The hyperbolic sine.
 *
 * @example
 * sinh(1);
 */
export const sinh: UnaryFunction<number> = unary('sinh');

/**
 * The hyperbolic cosine.
 *
 * @example
 * cosh(1);
 */
export const cosh: UnaryFunction<number> = unary('cosh');

/**
 * The hyperbolic tangent.
 *
 * @example
 * tanh(1);
 */
export const tanh: UnaryFunction<number> = unary('tanh');

/**
 * What the hyperbolic sine of is given.
 *
 * @example
 * arcsinh(1);
 */
export const arcsinh: UnaryFunction<number> = unary('arcsinh');

/**
 * What the hyperbolic cosine of is given; below 1, NaN.
 *
 * @example
 * arccosh(2);
 */
export const arccosh: UnaryFunction<number> = unary('arccosh');

/**
 * What the hyperbolic tangent of is given; beyond 1, NaN.
 *
 * @example
 * arctanh(0.5);
 */
export const arctanh: UnaryFunction<number> = unary('arctanh');

/**
 * The largest whole number that is not above: a float.
 *
 * @example
 * floor(-1.5); // -2
 */
export const floor: UnaryFunction<number> = unary('floor');

/**
 * The smallest whole number that is not below: a float.
 *
 * @example
 * ceil(-1.5); // -1
 */
export const ceil: UnaryFunction<number> = unary('ceil');

/**
 * The whole number towards zero: a float.
 *
 * @example
 * trunc(-1.5); // -1
 */
export const trunc: UnaryFunction<number> = unary('trunc');

/**
 * The nearest whole number, of two as near the even one: a float.
 *
 * @example
 * rint(2.5); // 2
 */
export const rint: UnaryFunction<number> = unary('rint');

/**
 * e to the power of each element.
 *
 * @example
 * exp([0, 1]);
 */
export const exp: UnaryFunction<number> = unary('exp');

/**
 * `exp(x) - 1`, exact also near zero.
 *
 * @example
 * expm1(1e-10);
 */
export const expm1: UnaryFunction<number> = unary('expm1');

/**
 * 2 to the power of each element.
 *
 * @example
 * exp2([3, 4]); // [8, 16]
 */
export const exp2: UnaryFunction<number> = unary('exp2');

/**
 * The natural logarithm; of zero minus infinity, of less NaN.
 *
 * @example
 * log([1, Math.E]);
 */
export const log: UnaryFunction<number> = unary('log');

/**
 * The logarithm to base 10.
 *
 * @example
 * log10(100); // 2
 */
export const log10: UnaryFunction<number> = unary('log10');

/**
 * The logarithm to base 2.
 *
 * @example
 * log2(8); // 3
 */
export const log2: UnaryFunction<number> = unary('log2');

/**
 * `log(1 + x)`, exact also near zero.
 *
 * @example
 * log1p(1e-10);
 */
export const log1p: UnaryFunction<number> = unary('log1p');

/**
 * The square root; of less than zero, NaN.
 *
 * @example
 * sqrt([4, 9]); // [2, 3]
 */
export const sqrt: UnaryFunction<number> = unary('sqrt');

/**
 * The cube root.
 *
 * @example
 * cbrt(27); // 3
 */
export const cbrt: UnaryFunction<number> = unary('cbrt');

/**
 * Each element times itself.
 *
 * @example
 * square([2, 3]); // [4, 9]
 */
export const square: UnaryFunction<number> = unary('square');

/**
 * The absolute value; of complex numbers their length.
 *
 * @example
 * absolute([-1, 2]); // [1, 2]
 */
export const absolute: UnaryFunction<number, number> = unary('absolute');

/**
 * The absolute value as a float.
 *
 * @example
 * fabs([-1, 2]); // [1, 2]
 */
export const fabs: UnaryFunction<number> = unary('fabs');

/**
 * -1, 0 or 1.
 *
 * @example
 * sign([-5, 0, 3]); // [-1, 0, 1]
 */
export const sign: UnaryFunction<number> = unary('sign');

/**
 * Each element as it is, in an array of its own.
 *
 * @example
 * positive([1, -2]);
 */
export const positive: UnaryFunction<number> = unary('positive');

/**
 * Each element with the other sign; of unsigned integers, modulo their range.
 *
 * @example
 * negative([1, -2]); // [-1, 2]
 */
export const negative: UnaryFunction<number> = unary('negative');

/**
 * Whether elements are neither infinite nor NaN.
 *
 * @example
 * isfinite([1, Infinity]); // [true, false]
 */
export const isfinite: UnaryFunction<boolean> = unary('isfinite');

/**
 * Whether elements are infinite.
 *
 * @example
 * isinf([1, -Infinity]); // [false, true]
 */
export const isinf: UnaryFunction<boolean> = unary('isinf');

/**
 * Whether elements are NaN.
 *
 * @example
 * isnan([1, Number.NaN]); // [false, true]
 */
export const isnan: UnaryFunction<boolean> = unary('isnan');

/**
 * Whether elements are minus infinity.
 *
 * @example
 * isneginf([Infinity, -Infinity]); // [false, true]
 */
export const isneginf: UnaryFunction<boolean> = unary('isneginf');

/**
 * Whether elements are plus infinity.
 *
 * @example
 * isposinf([Infinity, -Infinity]); // [true, false]
 */
export const isposinf: UnaryFunction<boolean> = unary('isposinf');

/**
 * Whether elements are zero.
 *
 * @example
 * logical_not([0, 2]); // [true, false]
 */
export const logical_not: UnaryFunction<boolean> = unary('logical_not');

/**
 * The sum of two elements; of booleans, whether one is true. Strings are put one behind the other.
 *
 * @example
 * add([1, 2], 10); // [11, 12]
 */
export const add: BinaryFunction<number> = binaryOrText('add', addText);

/**
 * The difference of two elements.
 *
 * @example
 * subtract([1, 2], [0, 5]); // [1, -3]
 */
export const subtract: BinaryFunction<number> = binary('subtract');

/**
 * The product of two elements; of booleans, whether both are true. A string is repeated.
 *
 * @example
 * multiply([1, 2], 10); // [10, 20]
 */
export const multiply: BinaryFunction<number> = binaryOrText('multiply', multiplyText);

/**
 * The quotient, a float also of integers.
 *
 * @example
 * divide([1, 3], 2); // [0.5, 1.5]
 */
export const divide: BinaryFunction<number> = binary('divide');

/**
 * The same as `divide`.
 *
 * @example
 * true_divide(1, 2); // 0.5
 */
export const true_divide: BinaryFunction<number> = binary('true_divide');

/**
 * The first to the power of the second.
 *
 * @throws {KernelError} H5_VALUE for integers to negative integer powers.
 *
 * @example
 * power([2, 3], 2); // [4, 9]
 */
export const power: BinaryFunction<number> = binary('power');

/**
 * The first to the power of the second, in doubles.
 *
 * @example
 * float_power(2, -1); // 0.5
 */
export const float_power: BinaryFunction<number> = binary('float_power');

/**
 * The largest whole number that is not above the quotient; of integers by zero, 0.
 *
 * @example
 * floor_divide([7, -7], 2); // [3, -4]
 */
export const floor_divide: BinaryFunction<number> = binary('floor_divide');

/**
 * The remainder with the sign of the first; of integers by zero, 0.
 *
 * @example
 * fmod([7, -7], 3); // [1, -1]
 */
export const fmod: BinaryFunction<number> = binary('fmod');

/**
 * The remainder with the sign of the second; of integers by zero, 0.
 *
 * @example
 * mod([7, -7], 3); // [1, 2]
 */
export const mod: BinaryFunction<number> = binary('mod');

/**
 * The greater of two elements; NaN if one is NaN.
 *
 * @example
 * maximum([1, 5], 3); // [3, 5]
 */
export const maximum: BinaryFunction<number> = binary('maximum');

/**
 * The less of two elements; NaN if one is NaN.
 *
 * @example
 * minimum([1, 5], 3); // [1, 3]
 */
export const minimum: BinaryFunction<number> = binary('minimum');

/**
 * The greater of two elements; of one and NaN, the one.
 *
 * @example
 * fmax([1, Number.NaN], 3); // [3, 3]
 */
export const fmax: BinaryFunction<number> = binary('fmax');

/**
 * The less of two elements; of one and NaN, the one.
 *
 * @example
 * fmin([1, Number.NaN], 3); // [1, 3]
 */
export const fmin: BinaryFunction<number> = binary('fmin');

/**
 * Whether two elements are the same.
 *
 * @example
 * equal([1, 2], 2); // [false, true]
 */
export const equal: BinaryFunction<boolean> = binary('equal');

/**
 * Whether two elements differ.
 *
 * @example
 * not_equal([1, 2], 2); // [true, false]
 */
export const not_equal: BinaryFunction<boolean> = binary('not_equal');

/**
 * Whether the first is greater; of strings, by their code points.
 *
 * @example
 * greater([1, 5], 3); // [false, true]
 */
export const greater: BinaryFunction<boolean> = binary('greater');

/**
 * Whether the first is greater or the same.
 *
 * @example
 * greater_equal([1, 3], 3); // [false, true]
 */
export const greater_equal: BinaryFunction<boolean> = binary('greater_equal');

/**
 * Whether the first is less.
 *
 * @example
 * less([1, 5], 3); // [true, false]
 */
export const less: BinaryFunction<boolean> = binary('less');

/**
 * Whether the first is less or the same.
 *
 * @example
 * less_equal([1, 3], 3); // [true, true]
 */
export const less_equal: BinaryFunction<boolean> = binary('less_equal');

/**
 * Whether both are other than zero.
 *
 * @example
 * logical_and([0, 1], 1); // [false, true]
 */
export const logical_and: BinaryFunction<boolean> = binary('logical_and');

/**
 * Whether one is other than zero.
 *
 * @example
 * logical_or([0, 1], 0); // [false, true]
 */
export const logical_or: BinaryFunction<boolean> = binary('logical_or');

/**
 * Whether just one is other than zero.
 *
 * @example
 * logical_xor([0, 1], 1); // [true, false]
 */
export const logical_xor: BinaryFunction<boolean> = binary('logical_xor');
