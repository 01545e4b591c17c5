import { Kind, type TypedArray } from './kinds.js';
import { type TextColumn, TextColumnBuilder } from './text-column.js';

/** The elements of a vector of numbers, booleans or strings, ready to be written. */
export interface Leaf {
  readonly encoding: 'numbers' | 'booleans' | 'strings';
  readonly data: TypedArray | undefined;
  readonly text: TextColumn | undefined;
}

/**
 * Takes in values block by block and keeps them as bytes, for as long as they are all numbers, all booleans or
 * all strings. Typed arrays throughout: large JavaScript arrays cost more to make than what they hold.
 */
export class LeafBuilder {
  readonly #length: number;
  /** Whether missing values are let through, as NaN, zero, false or an empty string. */
  readonly #lenient: boolean;
  #kind: number;
  #count = 0;
  /** As long as all of them are int32, they are kept so. */
  #numbers: Int32Array | Float64Array | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #rising = true;
  #booleans: Uint8Array | undefined;
  #text: TextColumnBuilder | undefined;

  /** For `length` values; of the kind of the first of them, if that is not given. */
  constructor(length: number, kind = 0, lenient = false) {
    this.#length = length;
    this.#kind = kind;
    this.#lenient = lenient;
  }

  /** Whether each value so far is a number that is larger than the one before, so that no two are equal. */
  get isRising(): boolean {
    return this.#kind === Kind.Number && this.#rising;
  }

  /** Takes in the first `count` of the values; false if they are not all of one kind, and the builder is of no use. */
  append(values: readonly unknown[], count: number): boolean {
    this.#kind ||= kindOf(values[0]);
    switch (this.#kind) {
      case Kind.Number:
        return this.#appendNumbers(values, count);
      case Kind.Boolean:
        return this.#appendBooleans(values, count);
      case Kind.String:
        this.#text ??= new TextColumnBuilder(this.#length);
        return this.#text.append(values, count, this.#lenient);
      default:
        return false;
    }
  }

  #appendNumbers(values: readonly unknown[], count: number): boolean {
    let numbers = this.#numbers ?? new Int32Array(this.#length);
    let integers = numbers instanceof Int32Array;
    const first = this.#count;
    let last = this.#last;
    let rising = this.#rising;
    for (let i = 0; i < count; i++) {
      const value = values[i];
      if (typeof value === 'number') {
        // int32, and not -0.
        if (integers && ((value | 0) !== value || (value === 0 && 1 / value < 0))) {
          integers = false;
          numbers = first + i > 0 ? new Float64Array(numbers) : new Float64Array(this.#length);
        }
        numbers[first + i] = value;
        if (!(value > last)) rising = false;
        last = value;
      } else if (this.#lenient) {
        // Of integers, zero.
        numbers[first + i] = Number.NaN;
      } else {
        return false;
      }
    }
    this.#numbers = numbers;
    this.#last = last;
    this.#rising = rising;
    this.#count += count;
    return true;
  }

  #appendBooleans(values: readonly unknown[], count: number): boolean {
    this.#booleans ??= new Uint8Array(this.#length);
    const booleans = this.#booleans;
    const first = this.#count;
    for (let i = 0; i < count; i++) {
      const value = values[i];
      if (value === true) booleans[first + i] = 1;
      else if (value !== false && !this.#lenient) return false;
    }
    this.#count += count;
    return true;
  }

  finish(): Leaf {
    switch (this.#kind) {
      case Kind.Number:
        return { encoding: 'numbers', data: this.#numbers, text: undefined };
      case Kind.Boolean:
        return { encoding: 'booleans', data: this.#booleans, text: undefined };
      default:
        return { encoding: 'strings', data: undefined, text: this.#text?.finish() };
    }
  }
}

function kindOf(value: unknown): number {
  switch (typeof value) {
    case 'number':
      return Kind.Number;
    case 'boolean':
      return Kind.Boolean;
    case 'string':
      return Kind.String;
    default:
      return -1;
  }
}
