// @ts-check
/** What else turns a value into bytes or text and back, for scenarios that take one value after another through all. */
import * as v8 from 'node:v8';
import { parse as devalueParse, stringify as devalueStringify } from 'devalue';
import { deserialize, serialize } from 'h5pickle';
import { Packr } from 'msgpackr';
import superjson from 'superjson';

/**
 * @typedef {object} Codec
 * @property {string} name
 * @property {(value: unknown) => Uint8Array | string} out
 * @property {(encoded: never) => unknown} back
 */

const structuredClone = new Packr({ structuredClone: true, moreTypes: true });

/**
 * @param {import('h5pickle').TypeRegistry} [registry]
 * @param {(new (...args: never[]) => object)[]} [classes] Those of the value, for devalue.
 * @returns {[Codec, ...Codec[]]}
 */
export function codecs(registry, classes = []) {
  const options = registry ? { registry } : {};
  const reducers = Object.fromEntries(
    classes.map((type) => [
      type.name,
      (/** @type {unknown} */ value) => value instanceof type && { .../** @type {object} */ (value) },
    ]),
  );
  const revivers = Object.fromEntries(
    classes.map((type) => [
      type.name,
      (/** @type {object} */ content) => Object.assign(Object.create(type.prototype), content),
    ]),
  );
  for (const type of classes) superjson.registerClass(type, { identifier: type.name });
  return [
    {
      name: 'h5pickle',
      out: (value) => serialize(value, options),
      back: (bytes) => deserialize(bytes, options),
    },
    { name: 'JSON', out: (value) => JSON.stringify(value), back: (text) => JSON.parse(text) },
    { name: 'v8', out: (value) => v8.serialize(value), back: (bytes) => v8.deserialize(bytes) },
    {
      name: 'msgpackr, structuredClone',
      out: (value) => structuredClone.pack(value),
      back: (bytes) => structuredClone.unpack(bytes),
    },
    { name: 'superjson', out: (value) => superjson.stringify(value), back: (text) => superjson.parse(text) },
    {
      name: 'devalue',
      out: (value) => devalueStringify(value, reducers),
      back: (text) => devalueParse(text, revivers),
    },
  ];
}

/** @param {Uint8Array | string} encoded */
export function sizeOf(encoded) {
  return typeof encoded === 'string' ? Buffer.byteLength(encoded) : encoded.length;
}
