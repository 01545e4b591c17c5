/** How values are stored that their properties alone do not make again: by their content. */
export interface Encoder<T extends object = object> {
  /** What the file calls such values. */
  readonly name: string;
  /** The content of a value: an object with a property for each part. */
  encode(value: T): object;
  /** Whether `encode` only looks at instances and returns them, so that they are stored by their properties. */
  readonly checks?: boolean;
}

/** How they are made again. */
export interface Decoder<T extends object = object> {
  readonly name: string;
  /** The value with a content. */
  decode?(content: Content, spend: Spend): T;
  /** A value without content. */
  create?(): T;
  /** Gives a value that `create` made its content; `version`: of its class, as the file says it. */
  fill?(value: T, content: Content, version: number, spend: Spend): void;
}

/**
 * How values are stored that their properties alone do not make again: by their content, a record of other values, which
 * may hold anything that can be stored. It comes back by `decode`, which gets the complete content; or by `create` and
 * `fill`, for values that may be part of what they contain: then `create` makes an empty value, and `fill` completes it
 * when all else is made.
 *
 * @example
 * const decimal: Codec<Decimal> = {
 *   name: 'Decimal',
 *   encode: (value) => ({ digits: value.toString() }),
 *   decode: ({ digits }) => new Decimal(digits as string),
 * };
 */
export interface Codec<T extends object = object> extends Encoder<T>, Decoder<T> {}

/**
 * What a codec calls that copies parts of a content, with how many elements or bytes it copies. A hostile file may have the
 * same large part in the content of any number of values: this ends in an error when it is too much for the size of the file.
 */
export type Spend = (count: number) => void;

/** What `encode` returned, made again: a plain object. */
export interface Content {
  readonly [property: string]: unknown;
}

/** A type of the platform's, and how its values are stored. */
export interface ValueType<T extends object = object> extends Codec<T> {
  /** What the prototype of its values is. */
  readonly prototype: T;
}
