import { BOOL, C16, F8, resultType, STR } from '../kernels/element-type.js';
import { runElementwise } from '../kernels/elementwise.js';
import { KernelError } from '../kernels/errors.js';
import { broadcastShapes, sizeOf } from '../kernels/strides.js';
import { planUfunc } from '../kernels/ufuncs.js';
import { partsFor, streamElementwise, ufuncOf } from './elementwise.js';
import { all } from './reductions.js';
import { type ArrayInput, type ArrayResult, operandOf, sourceOf } from './source.js';
import { finish, targetFor } from './target.js';

/** What counts as close. */
export interface CloseOptions {
  /** The share of the second operand that they may differ by: 1e-5. */
  readonly rtol?: number | undefined;
  /** What they may differ by besides: 1e-8. */
  readonly atol?: number | undefined;
  /** Whether NaN is close to NaN. */
  readonly equal_nan?: boolean | undefined;
}

/**
 * Which elements are as good as the same: they differ by no more than `atol + rtol * abs(y)`.
 *
 * @throws {KernelError} H5_DTYPE for strings.
 * @example
 * isclose([1, 1.1], [1 + 1e-9, 1]); // [true, false]
 */
export function isclose(x: ArrayInput, y: ArrayInput, options: CloseOptions = {}): ArrayResult {
  const { rtol = 1e-5, atol = 1e-8, equal_nan = false } = options;
  const sources = [sourceOf(x), sourceOf(y)];
  for (const { type } of sources) {
    if (type === STR) throw new KernelError('H5_DTYPE', 'isclose is not defined for strings: use equal');
  }
  const isComplex = sources.some(({ type }) => type.kind === 'c');
  const number = (
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Uint8Array,
    oi: number,
    n: number,
  ) => {
    for (let i = 0; i < n; i++) {
      const p = a[ai + i];
      const q = b[bi + i];
      const near = Number.isFinite(q) && Math.abs(p - q) <= atol + rtol * Math.abs(q);
      out[oi + i] = near || p === q || (equal_nan && Number.isNaN(p) && Number.isNaN(q)) ? 1 : 0;
    }
  };
  const complex = (
    a: Float64Array,
    ai: number,
    b: Float64Array,
    bi: number,
    out: Uint8Array,
    oi: number,
    n: number,
  ) => {
    for (let i = 0; i < n; i++) {
      const [p, q] = [a[(ai + i) * 2], a[(ai + i) * 2 + 1]];
      const [r, s] = [b[(bi + i) * 2], b[(bi + i) * 2 + 1]];
      const near = Number.isFinite(r + s) && Math.hypot(p - r, q - s) <= atol + rtol * Math.hypot(r, s);
      const none = Number.isNaN(p + q) && Number.isNaN(r + s);
      out[oi + i] = near || (p === r && q === s) || (equal_nan && none) ? 1 : 0;
    }
  };
  const target = targetFor(broadcastShapes(...sources.map(({ shape }) => shape)), BOOL);
  const plan = { loop: isComplex ? complex : number, input: isComplex ? C16 : F8, made: BOOL, result: BOOL };
  streamElementwise(plan, sources, undefined, target, true);
  return finish(target, undefined) as ArrayResult;
}

/**
 * Whether all elements are as good as the same, as `isclose`.
 *
 * @example
 * allclose([1, 2], [1, 2 + 1e-9]); // true
 */
export function allclose(x: ArrayInput, y: ArrayInput, options: CloseOptions = {}): boolean {
  return all(isclose(x, y, options) as ArrayInput) as boolean;
}

/**
 * Whether two arrays have one shape and the same elements. NaN is not the same as NaN, unless `equal_nan` is true.
 *
 * @example
 * array_equal([1, 2], [1, 2]); // true
 */
export function array_equal(
  x: ArrayInput,
  y: ArrayInput,
  options: { readonly equal_nan?: boolean | undefined } = {},
): boolean {
  const sources = [sourceOf(x), sourceOf(y)];
  const [{ shape }, { shape: other }] = sources;
  if (shape.length !== other.length || shape.some((length, axis) => length !== other[axis])) return false;
  if ((sources[0].type === STR) !== (sources[1].type === STR)) return false;
  const type = resultType(sources.map((source) => ({ type: source.type })));
  const plan = planUfunc(ufuncOf('equal'), type);
  const nan =
    options.equal_nan && (type.kind === 'f' || type.kind === 'c')
      ? planUfunc(ufuncOf('isnan'), type)
      : undefined;
  const like = { shape, type, memory: undefined, disk: undefined, value: undefined };
  const onDisk = sources.filter(({ disk }) => disk).length;
  // Part by part, up to the first that differs.
  for (const { start, shape: lengths } of partsFor(sources, like, onDisk + 1)) {
    const operands = sources.map((source) => operandOf(source, start, lengths));
    const n = sizeOf(lengths);
    const same = new Uint8Array(n);
    runElementwise(plan, operands, lengths, { type: BOOL, data: same, offset: 0 });
    if (same.includes(0) && nan) {
      const [a, b] = operands.map((operand) => {
        const none = new Uint8Array(n);
        runElementwise(nan, [operand], lengths, { type: BOOL, data: none, offset: 0 });
        return none;
      });
      for (let i = 0; i < n; i++) same[i] |= a[i] & b[i];
    }
    if (same.includes(0)) return false;
  }
  return true;
}
