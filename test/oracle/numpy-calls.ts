import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type ElementType, STR, TYPES, typeOfName } from '../../src/kernels/element-type.js';
import { fromValues, isScalar, NDArray } from '../../src/numpy/ndarray.js';
import { runPython } from './python.js';

const SCRIPT = fileURLToPath(new URL('./numpy_calls.py', import.meta.url));

/** A call of a function of numpy's. */
export interface Question {
  /** Its name, as `sin` or `char.add`. */
  readonly function: string;
  readonly args: readonly unknown[];
  readonly options?: { readonly [name: string]: unknown };
  /** Which argument is the result, if it is changed in place. */
  readonly mutates?: number;
}

/** What numpy says: an array (also of a scalar), several, or the name of an error. */
export type Answer = NDArray | Answer[] | { readonly error: string; readonly message: string } | null;

/** A tuple for Python, which is no array there. */
export class Tuple {
  readonly items: readonly unknown[];

  constructor(...items: readonly unknown[]) {
    this.items = items;
  }
}

/** Of numpy's functions what they are of their arguments: one process for all calls. */
export function numpy(questions: readonly Question[]): Answer[] {
  const input = JSON.stringify(
    questions.map((question) => ({
      function: question.function,
      args: question.args.map(encode),
      options: Object.fromEntries(
        Object.entries(question.options ?? {})
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => [name, encode(value)]),
      ),
      mutates: question.mutates,
    })),
  );
  const output = runPython([SCRIPT], { input });
  return (JSON.parse(output) as unknown[]).map(decode);
}

function encode(value: unknown): unknown {
  if (value instanceof NDArray) {
    const { shape, type, data } = value;
    if (Array.isArray(data)) return { $array: 'str', shape, strings: data };
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
    return { $array: nameOf(type), shape, bytes };
  }
  if (ArrayBuffer.isView(value)) return encode(fromValues(value));
  if (value instanceof Tuple) return { $tuple: value.items.map(encode) };
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value === 'bigint') return { $int: String(value) };
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return { $float: Object.is(value, -0) ? '-0.0' : String(value).replace('Infinity', 'inf') };
  if (typeof value === 'object' && value !== null && 're' in value)
    return { $complex: [(value as { re: number }).re, (value as unknown as { im: number }).im] };
  return value;
}

function nameOf(type: ElementType): string {
  return type.name === 'bool' ? '?' : `<${type.name}`;
}

interface Encoded {
  readonly $array?: string;
  readonly $tuple?: unknown[];
  readonly $error?: string;
  readonly message: string;
  readonly shape: number[];
  readonly strings?: string[];
  readonly bytes: string;
}

function decode(answer: unknown): Answer {
  if (answer === null) return null;
  const { $array, $tuple, $error, message, shape, strings, bytes } = answer as Encoded;
  if ($tuple) return $tuple.map(decode);
  if ($error !== undefined) return { error: $error, message };
  if (strings) return new NDArray(strings, shape, STR);
  const name = ($array as string).slice(1);
  const type = name === 'b1' ? typeOfName('bool') : TYPES.find((each) => each.name === name);
  if (!type) throw new Error(`numpy answered with the dtype ${$array}`);
  const buffer = Uint8Array.from(Buffer.from(bytes, 'base64')).buffer;
  return new NDArray(
    new (type.array as unknown as { new (buffer: ArrayBuffer): never })(buffer),
    shape,
    type,
  );
}

/** Whether numpy has thrown. */
export function isError(answer: Answer): answer is { readonly error: string; readonly message: string } {
  return answer !== null && !(answer instanceof NDArray) && !Array.isArray(answer);
}

/** What results may differ in. */
export interface Tolerance {
  /** In units of the last place, of the type of the result; 0 unless it is given. */
  readonly ulps?: number;
  /** In multiples of the largest element, of sums of what has both signs. */
  readonly scale?: number;
}

/** Expects a result to be that of numpy: type, shape and elements. Elements without axes have no type. */
export function expectSame(
  actual: unknown,
  expected: Answer,
  what: string,
  { ulps = 0, scale = 0 }: Tolerance = {},
): void {
  if (Array.isArray(expected)) {
    expect(Array.isArray(actual), `${what}: several results`).toBe(true);
    const list = actual as unknown[];
    expect(list.length, what).toBe(expected.length);
    for (let i = 0; i < expected.length; i++)
      expectSame(list[i], expected[i], `${what}, result ${i}`, { ulps, scale });
    return;
  }
  if (!(expected instanceof NDArray))
    throw new Error(`${what}: numpy threw ${expected?.error}: ${expected?.message}`);
  let array: NDArray;
  if (isScalar(actual)) {
    expect(expected.shape, `${what}: has no axes`).toEqual([]);
    const integer = typeof actual === 'number' && expected.type.compute === 'big';
    array = fromValues(integer ? BigInt(actual) : actual);
    if (array.type !== expected.type) array = array.astype(expected.type.name);
  } else {
    const source = actual as { shape: readonly number[]; type?: ElementType };
    array = actual instanceof NDArray ? actual : (wholeOf(source) as NDArray);
    expect(array.dtype, `${what}: dtype`).toBe(expected.dtype);
    expect(array.shape, `${what}: shape`).toEqual([...expected.shape]);
  }
  const largest = scale === 0 ? 0 : largestOf(expected);
  const epsilon = expected.itemsize / expected.type.width === 4 ? 2 ** -23 : 2 ** -52;
  for (let i = 0; i < expected.data.length; i++) {
    const a: unknown = array.data[i];
    const b: unknown = expected.data[i];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const near =
      typeof a === 'number' &&
      typeof b === 'number' &&
      Number.isFinite(b) &&
      Math.abs(a - b) <=
        Math.max(ulps * epsilon * Math.max(Math.abs(b), 2 ** -1022 / epsilon), scale * largest);
    if (!near) expect.fail(`${what}: element ${i} is ${String(a)}, by numpy ${String(b)}`);
  }
}

function largestOf(array: NDArray): number {
  let largest = 0;
  for (const value of array.data) if (Math.abs(Number(value)) > largest) largest = Math.abs(Number(value));
  return largest;
}

function wholeOf(source: unknown): NDArray {
  const { shape, dtype } = source as { shape: readonly number[]; dtype: string };
  const block = { start: shape.map(() => 0), shape, selection: shape.map((stop) => ({ start: 0, stop })) };
  const data = (source as { readBlock(block: unknown): never }).readBlock(block);
  return new NDArray(data, shape, typeOfName(dtype));
}
