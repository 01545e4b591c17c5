import { BOOL, type Data, type ElementType, STR } from '../kernels/element-type.js';
import { gather } from '../kernels/elementwise.js';
import { KernelError } from '../kernels/errors.js';
import { digitsOf, textOf } from '../kernels/number-text.js';
import { broadcastShapes, sizeOf } from '../kernels/strides.js';
import { compareText } from '../kernels/text-order.js';
import { apartFrom } from './apart.js';
import { filling, partsFor } from './elementwise.js';
import { NDArray } from './ndarray.js';
import { type ArrayInput, isBlockSource, operandOf, type Source, sourceOf } from './source.js';
import { finish, type Out, store, targetFor } from './target.js';

/** Whether an operand is of strings. */
export function textOperand(input: unknown): boolean {
  if (typeof input === 'string') return true;
  if (isBlockSource(input)) return input.dtype === 'str';
  if (input instanceof NDArray) return input.type === STR;
  for (let first: unknown = input; Array.isArray(first); ) {
    first = first[0];
    if (typeof first === 'string') return true;
  }
  return false;
}

/** Goes through two operands element by element, in blocks that fit the cap. */
function applyText(
  given: readonly Source[],
  result: ElementType,
  out: Out | undefined,
  loop: (x: Data, y: Data, to: Data, n: number) => void,
): unknown {
  const sources = apartFrom(out, given, true);
  const shape = filling(out, broadcastShapes(...sources.map((source) => source.shape)));
  const target = targetFor(shape, result, out);
  const onDisk = sources.filter(({ disk }) => disk).length + (target.disk ? 1 : 0);
  const whole = { start: shape.map(() => 0), shape };
  for (const part of onDisk ? partsFor(sources, target, onDisk) : [whole]) {
    const [x, y] = sources.map((source) =>
      gather(operandOf(source, part.start, part.shape), part.shape, source.type),
    );
    const n = sizeOf(part.shape);
    const to = result === STR ? new Array<string>(n).fill('') : new Uint8Array(n);
    loop(x, y ?? x, to, n);
    store(target, part, to, result);
  }
  return finish(target, out);
}

function stringsOf(input: ArrayInput, name: string): Source {
  const source = sourceOf(input);
  if (source.type === STR) return source;
  throw new KernelError(
    'H5_DTYPE',
    `${name} takes strings, not ${source.type.dtype}: convert with astype('str')`,
  );
}

/** Strings one behind the other. */
export function addText(x: ArrayInput, y: ArrayInput, out?: Out): unknown {
  return applyText([stringsOf(x, 'add'), stringsOf(y, 'add')], STR, out, (a, b, to, n) => {
    for (let i = 0; i < n; i++) to[i] = `${a[i]}${b[i]}`;
  });
}

/** The longest string that is made by repetition, in characters. */
const MAX_REPEATED = 2 ** 28;

/** Strings repeated. One operand is strings, the other whole numbers; less than one is none. */
export function multiplyText(x: ArrayInput, y: ArrayInput, out?: Out): unknown {
  const [strings, counts] = textOperand(x) ? [x, y] : [y, x];
  const times = sourceOf(counts);
  if (!times.literal && times.type.kind !== 'i' && times.type.kind !== 'u' && times.type.kind !== 'f') {
    throw new KernelError('H5_DTYPE', `strings are repeated a number of times, not ${times.type.dtype}`);
  }
  return applyText([stringsOf(strings, 'multiply'), times], STR, out, (a, b, to, n) => {
    for (let i = 0; i < n; i++) {
      const count = Number(b[i]);
      const text = a[i] as string;
      if (!Number.isInteger(count)) {
        throw new KernelError('H5_VALUE', `a string is repeated a whole number of times, not ${count}`);
      }
      if (count * text.length > MAX_REPEATED) {
        throw new KernelError('H5_MEMORY', `a string of ${count * text.length} characters is too long`);
      }
      to[i] = count > 0 ? text.repeat(count) : '';
    }
  });
}

/** Comparisons of `char` do not see white space at the end. */
const TRAILING = /\s+$/;

function compare(name: string, holds: (order: number) => boolean) {
  return (x: ArrayInput, y: ArrayInput, options: { readonly out?: Out | undefined } = {}): unknown =>
    applyText(
      [stringsOf(x, `char.${name}`), stringsOf(y, `char.${name}`)],
      BOOL,
      options.out,
      (a, b, to, n) => {
        const trim = (text: string) => text.replace(TRAILING, '');
        for (let i = 0; i < n; i++)
          to[i] = holds(compareText(trim(a[i] as string), trim(b[i] as string))) ? 1 : 0;
      },
    );
}

export const equalText = compare('equal', (order) => order === 0);
export const notEqualText = compare('not_equal', (order) => order !== 0);
export const greaterText = compare('greater', (order) => order > 0);
export const greaterEqualText = compare('greater_equal', (order) => order >= 0);
export const lessText = compare('less', (order) => order < 0);
export const lessEqualText = compare('less_equal', (order) => order <= 0);

/** Values put into strings as with Python's `%`: `%s %r %d %i %f %e %g %x %o %c %%`, with flags, width and precision. */
export function modText(x: ArrayInput, y: unknown, out?: Out): unknown {
  const formats = stringsOf(x, 'char.mod');
  const values = sourceOf(y);
  if (values.type.kind === 'c')
    throw new KernelError('H5_DTYPE', 'char.mod takes no complex numbers: convert them with astype("str")');
  return applyText([formats, values], STR, out, (a, b, to, n) => {
    const width = values.type.kind === 'b';
    for (let i = 0; i < n; i++) {
      const value = b[i];
      to[i] = format(a[i] as string, width ? value !== 0 : value, values);
    }
  });
}

function format(text: string, value: string | number | bigint | boolean, source: Source): string {
  let used = 0;
  const result = text.replace(
    /%(?:([-+ #0]*)(\d+)?(?:\.(\d*))?([a-zA-Z%]))?/g,
    (
      whole,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      kind: string | undefined,
    ) => {
      if (kind === '%') return '%';
      if (kind === undefined)
        throw new KernelError('H5_VALUE', `'${text}' has a % that begins no format: write %%`);
      if (used++ > 0) throw new KernelError('H5_VALUE', `'${text}' takes more than one value`);
      return pad(convertOne(whole, kind, flags, precision, value, source), flags, Number(width ?? 0), kind);
    },
  );
  if (used === 0) throw new KernelError('H5_VALUE', `'${text}' takes no value: use one %s, %d, %f, ...`);
  return result;
}

function convertOne(
  whole: string,
  kind: string,
  flags: string,
  precision: string | undefined,
  value: string | number | bigint | boolean,
  source: Source,
): string {
  // A point without digits is one with none.
  const digits = precision === undefined ? undefined : Number(precision);
  const refuse = (what: string): never => {
    throw new KernelError(
      'H5_VALUE',
      `${whole} takes ${what}, not ${typeof value === 'string' ? `'${value}'` : value}`,
    );
  };
  const number = () => (typeof value === 'string' ? refuse('a number') : Number(value));
  const isWhole = source.type.kind !== 'f' || isWholeLiteral(value, source);
  // Of at least so many digits.
  const integer = (base: number): [sign: string, digits: string] => {
    if (!Number.isFinite(number())) refuse('a number that is finite');
    const whole = typeof value === 'bigint' ? value : BigInt(Math.trunc(number()));
    const shown = (whole < 0n ? -whole : whole).toString(base).padStart(digits ?? 0, '0');
    return [whole < 0n ? '-' : '', shown];
  };
  const signed = (shown: string) =>
    shown.startsWith('-')
      ? shown
      : flags.includes('+')
        ? `+${shown}`
        : flags.includes(' ')
          ? ` ${shown}`
          : shown;
  switch (kind) {
    case 's':
    case 'r':
    case 'a': {
      const shown = kind !== 's' && typeof value === 'string' ? `'${value}'` : shownAs(value, source);
      return digits === undefined ? shown : shown.slice(0, digits);
    }
    case 'd':
    case 'i':
    case 'u':
      return signed(integer(10).join(''));
    case 'x':
    case 'X':
    case 'o': {
      if (!isWhole) refuse('an integer');
      const [sign, shown] = integer(kind === 'o' ? 8 : 16);
      const prefix = flags.includes('#') ? (kind === 'o' ? '0o' : `0${kind}`) : '';
      return signed(`${sign}${prefix}${kind === 'X' ? shown.toUpperCase() : shown}`);
    }
    case 'f':
    case 'F': {
      const shown = fixed(number(), digits ?? 6);
      return signed(kind === 'F' ? shown.toUpperCase() : shown);
    }
    case 'e':
    case 'E': {
      const shown = exponent(number(), digits ?? 6);
      return signed(kind === 'E' ? shown.toUpperCase() : shown);
    }
    case 'g':
    case 'G': {
      const shown = general(number(), digits ?? 6, flags.includes('#'));
      return signed(kind === 'G' ? shown.toUpperCase() : shown);
    }
    case 'c': {
      const isOne = typeof value === 'string' ? [...value].length === 1 : isWhole && isCodePoint(number());
      if (!isOne) refuse('one character, or the number of one');
      return typeof value === 'string' ? value : String.fromCodePoint(number());
    }
    default:
      throw new KernelError('H5_VALUE', `'${whole}' is no format: s r d i f e g x o c are`);
  }
}

/** As Python's `str` shows an element. Of numbers in JavaScript nobody says that they are floats. */
function shownAs(value: string | number | bigint | boolean, { type, literal }: Source): string {
  return textOf(
    value,
    typeof value === 'number' && type.kind === 'f' && !isWholeLiteral(value, { literal }),
    digitsOf(type.dtype),
  );
}

function isWholeLiteral(value: unknown, { literal }: Pick<Source, 'literal'>): boolean {
  return literal === true && Number.isInteger(value) && !Object.is(value, -0);
}

function isCodePoint(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0x10ffff;
}

function named(value: number): string | undefined {
  if (Number.isFinite(value)) return undefined;
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

/** `shown` is rounded up where half a digit is left, as JavaScript does; Python then has the even one, which may be `cut`. */
function toEven(shown: string, cut: string, left: string): string {
  return /^50*$/.test(left) && /[02468]$/.test(cut) ? cut : shown;
}

function fixed(value: number, count: number): string {
  const name = named(value);
  if (name) return name;
  const digits = Math.min(100, count);
  const size = Math.abs(value);
  // JavaScript has exponents from here on.
  const exact = size < 1e21 ? size.toFixed(100) : `${BigInt(size)}.${'0'.repeat(100)}`;
  const end = exact.indexOf('.') + 1 + digits;
  const cut = exact.slice(0, digits === 0 ? end - 1 : end);
  const shown = size < 1e21 ? toEven(size.toFixed(digits), cut, exact.slice(end)) : cut;
  return value < 0 || Object.is(value, -0) ? `-${shown}` : shown;
}

function exponent(value: number, count: number): string {
  const name = named(value);
  if (name) return name;
  const digits = Math.min(100, count);
  const [exact = '', power = ''] = Math.abs(value).toExponential(100).split('e');
  const [shown = '', ownPower = ''] = Math.abs(value).toExponential(digits).split('e');
  const cut = exact.slice(0, digits === 0 ? 1 : digits + 2);
  const mantissa = toEven(shown, cut, exact.slice(digits + 2));
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return `${sign}${mantissa}e${(mantissa === cut ? power : ownPower).replace(/^([+-])(\d)$/, '$10$2')}`;
}

/** `isWhole`: with all digits. */
function general(value: number, digits: number, isWhole: boolean): string {
  const name = named(value);
  if (name) return name;
  const precision = Math.max(1, digits);
  const asPower = exponent(value, precision - 1);
  const power = value === 0 ? 0 : Number(asPower.split('e')[1]);
  const shown = power < -4 || power >= precision ? asPower : fixed(value, precision - 1 - power);
  return shown.includes('.') && !isWhole ? shown.replace(/\.?0+(e|$)/, '$1') : shown;
}

function pad(shown: string, flags: string, width: number, kind: string): string {
  if (shown.length >= width) return shown;
  if (flags.includes('-')) return shown.padEnd(width);
  if (flags.includes('0') && !'srac'.includes(kind)) {
    const sign = /^[-+ ]/.exec(shown)?.[0] ?? '';
    return sign + shown.slice(sign.length).padStart(width - sign.length, '0');
  }
  return shown.padStart(width);
}
