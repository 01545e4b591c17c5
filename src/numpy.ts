/**
 * The functions of numpy, for arrays on disk (`H5Array`), in memory (`NDArray`, typed arrays, nested arrays) and mixes of them. What is on
 * disk goes through memory in blocks, within `options().maxMemory`.
 *
 * A result is in memory if it takes at most half of the cap, else it is an `H5Array` in a temporary file, or where `out` says: an array
 * that is there, or `{ file, name }`. Results without axes are numbers, bigints, booleans or strings.
 *
 * @example
 * import * as np from 'h5pickle/numpy';
 *
 * const array = H5Array.open('data.h5', 'speed', { mode: 'r+' });
 * np.mean(array, { axis: 0 });
 * np.add(array, 1, { out: array }); // in place
 * np.sin(array, { out: { file: 'sines.h5', name: 'sine' } });
 *
 * @module
 */

export type { BlockSource } from './kernels/block-source.js';
export type { BigArray, Data, ElementType, NumberArray, TypeName } from './kernels/element-type.js';
export { KernelError, type KernelErrorCode } from './kernels/errors.js';
export { cumsum, type DiffOptions, diff } from './numpy/accumulation.js';
export { may_share_memory } from './numpy/apart.js';
export * as char from './numpy/char.js';
export {
  arange,
  array,
  asanyarray,
  asarray,
  type Creation,
  type CreationOptions,
  copy,
  type DeferredArray,
  empty,
  type FullCreation,
  full,
  type LikeOptions,
  ndim,
  ones,
  ones_like,
  type Shape,
  zeros,
  zeros_like,
} from './numpy/creation.js';
export type { Destination } from './numpy/disk.js';
export type { ElementwiseOptions } from './numpy/elementwise.js';
export { allclose, array_equal, type CloseOptions, isclose } from './numpy/logic.js';
export {
  type AxisOption,
  append,
  concatenate,
  copyto,
  delete_,
  delete_ as delete,
  hstack,
  insert,
  type JoinOptions,
  type OutOption,
  type Places,
  ravel,
  repeat,
  reshape,
  stack,
  take,
  transpose,
  vstack,
  type Where,
  where,
} from './numpy/manipulation.js';
export {
  type ArrayOptions,
  type Complex,
  type ComplexName,
  type ComplexNested,
  NDArray,
  type Nested,
  type RealNested,
  type Scalar,
} from './numpy/ndarray.js';
export {
  argsort,
  type InOptions,
  in1d,
  isin,
  type SortOptions,
  sort,
  type Unique,
  type UniqueOptions,
  unique,
} from './numpy/ordering.js';
export * as random from './numpy/random.js';
export {
  type AllElements,
  type ArgOptions,
  type Axes,
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  type DeviationOptions,
  type FoldOptions,
  max,
  mean,
  min,
  prod,
  type Reduction,
  type ReductionOptions,
  std,
  sum,
  type TypedReduction,
  var_,
  var_ as var,
} from './numpy/reductions.js';
export type { ArrayInput, ArrayResult } from './numpy/source.js';
export type { Out } from './numpy/target.js';
export {
  absolute,
  add,
  arccos,
  arccosh,
  arcsin,
  arcsinh,
  arctan,
  arctanh,
  type BinaryFunction,
  cbrt,
  ceil,
  cos,
  cosh,
  divide,
  equal,
  exp,
  exp2,
  expm1,
  fabs,
  float_power,
  floor,
  floor_divide,
  fmax,
  fmin,
  fmod,
  greater,
  greater_equal,
  isfinite,
  isinf,
  isnan,
  isneginf,
  isposinf,
  less,
  less_equal,
  log,
  log1p,
  log2,
  log10,
  logical_and,
  logical_not,
  logical_or,
  logical_xor,
  maximum,
  minimum,
  mod,
  multiply,
  negative,
  not_equal,
  type OfComplex,
  positive,
  power,
  rint,
  sign,
  sin,
  sinh,
  sqrt,
  square,
  subtract,
  tan,
  tanh,
  true_divide,
  trunc,
  type UnaryFunction,
} from './numpy/ufuncs.js';
