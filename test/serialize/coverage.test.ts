import fc from 'fast-check';
import { expect, it } from 'vitest';
import { serialize } from '../../src/node.js';
import { THOROUGH } from '../thoroughness.js';
import { anyGraph } from './arbitrary.js';
import { registry } from './classes.js';
import { featuresOf } from './features.js';

// Property tests are worth what their values reach. So this is what they must reach: every way to store a list and its
// missing elements, every place that a list can have, and every way to mention an object that lives elsewhere.

const leaves = [
  '<i4',
  '<f8',
  'bool',
  'fixed strings',
  'strings',
  '{wtf8: vlen(u1)}',
  '<i8',
  '{bigint: str}',
  '{date_ms: <i8}',
];
const typed = [
  'i1 of Int8Array',
  'u1 of Uint8Array',
  'u1 of Uint8ClampedArray',
  '<i2 of Int16Array',
  '<u2 of Uint16Array',
  '<i4 of Int32Array',
  '<u4 of Uint32Array',
  '<f4 of Float32Array',
  '<f8 of Float64Array',
  '<i8 of BigInt64Array',
  '<u8 of BigUint64Array',
];
const places = ['column', 'items', 'part', 'values', 'inner keys'];
const groups = ['records', 'ragged', 'union'];

const expected = [
  'value',
  'object',
  'object, a Map',
  'object, a null-prototype',
  'object of a class',
  'records of a class',
  'records of null-prototype',
  'ragged of Map',
  'ragged of Set',
  'list',
  'sparse',
  'entries',
  'entries, a Map',
  'entries of a class',
  'union, a Set',
  'records, a Set',
  'ragged, a Set',
  'N-D <f8',
  '31-D <f8',
  'missing, a Array',
  'missing, a Set',
  ...leaves,
  ...leaves.flatMap((leaf) => [
    `a mask on ${leaf}`,
    `${leaf} as column`,
    `${leaf} as part`,
    `${leaf} as items`,
  ]),
  ...typed.flatMap((rows) => [`N-D ${rows}`, `ragged of ${rows.split(' ').pop()}`]),
  ...groups.flatMap((group) => [`a mask on ${group}`, ...places.map((place) => `${group} as ${place}`)]),
  'a mask on list',
  'a mask on records of a class',
  // Mentions: by hard links, by member attributes, and in lists.
  ...['object', 'records', 'union', 'scalar {date_ms: <i8}', 'u1'].map((form) => `a shared ${form}`),
  ...['records', 'records of a class', 'ragged', 'ragged of Map', 'a part'].map(
    (home) => `a member into ${home}`,
  ),
  ...[
    'records',
    'records of a class',
    'ragged',
    'ragged of Map',
    'ragged of Set',
    '{date_ms: <i8}',
    'a part',
  ].map((home) => `row numbers into ${home}`),
  ...['column', 'items', 'part', 'values'].map((place) => `row numbers as ${place}`),
  ...['column', 'items', 'part'].flatMap((place) => [`references as ${place}`, `pairs as ${place}`]),
  'a pair with a row',
  'a pair without a row',
  'a member <i4',
  'a member <f8',
  'a member <i8',
  'a member bool',
  'a member str',
  'a member {wtf8: vlen(u1)}',
  'a member {bigint: str}',
  'a member {date_ms: <i8}',
  'a member without a value, <f4',
  'a member without a value, {undefined: u1}',
  // Section 9: content, names, views.
  ...['frozen', 'sealed', 'inextensible'].flatMap((integrity) => [
    `object of a class, ${integrity}`,
    `records of a class, ${integrity}`,
  ]),
  'object of a class with [[entries]]',
  'records of a class with [[entries]]',
  ...[
    'RegExp',
    'URL',
    'URLSearchParams',
    'Number',
    'String',
    'BigInt',
    'Symbol',
    'Buffer',
    'SharedArrayBuffer',
  ].flatMap((type) => [`object, a ${type}`, `records of ${type}`]),
  ...['Error', 'TypeError', 'AggregateError', 'Array', 'ArrayBuffer', 'Uint8Array', 'DataView'].map(
    (type) => `object, a ${type}`,
  ),
  'records of RangeError',
  'records of Float64Array',
  'records of Uint8Array',
  'a member {named: str}',
  '{named: str}',
  '{named: str} as column',
  'a mask on {named: str}',
];

it('arbitrary graphs reach every part of the layout', () => {
  const missing = new Set(expected);
  for (const value of fc.sample(anyGraph, { numRuns: 2000, seed: 20260101 })) {
    for (const feature of featuresOf(serialize(value, { registry }))) missing.delete(feature);
    if (!THOROUGH && missing.size === 0) break;
  }
  expect([...missing]).toEqual([]);
});
