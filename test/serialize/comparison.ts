/**
 * What the libraries that people store values with today bring back, kind of value by kind of value: each is run for real.
 * The README shows the table, and a test says that it is this one.
 */
import 'reflect-metadata';
import { types as nodeTypes } from 'node:util';
import { deserialize as v8Deserialize, serialize as v8Serialize } from 'node:v8';
import { instanceToPlain, plainToInstance } from 'class-transformer';
import * as devalue from 'devalue';
import { Packr } from 'msgpackr';
import superjson from 'superjson';
import { deserialize, serialize, TypeRegistry } from '../../src/node.js';

export class Money {
  constructor(
    readonly amount: number,
    readonly currency: string,
  ) {}
  get text(): string {
    return `${this.amount} ${this.currency}`;
  }
}
class Tags extends Set<string> {
  color = 'red';
}
const OPEN = Symbol('open');
function onSave(): void {}

const registry = new TypeRegistry()
  .register(Money, { name: 'Money' })
  .register(Tags, { name: 'Tags' })
  .registerSymbol('status.open', OPEN)
  .registerValue('handlers.save', onSave);
superjson.registerClass(Money);
superjson.registerSymbol(OPEN, 'status.open');

const packr = new Packr({ structuredClone: true, moreTypes: true });

/** Each with what it needs to be told, where it can be told. */
export const LIBRARIES: Record<string, (value: unknown) => unknown> = {
  JSON: (value) => JSON.parse(JSON.stringify(value)),
  superjson: (value) => superjson.parse(superjson.stringify(value)),
  devalue: (value) =>
    devalue.parse(devalue.stringify(value, { Money: (x) => x instanceof Money && [x.amount, x.currency] }), {
      Money: ([amount, currency]) => new Money(amount, currency),
    }),
  v8: (value) => v8Deserialize(v8Serialize(value)),
  msgpackr: (value) => packr.unpack(packr.pack(value)),
  'class-transformer': (value) => plainToInstance(Object, JSON.parse(JSON.stringify(instanceToPlain(value)))),
  h5pickle: (value) => deserialize(serialize(value, { registry }), { registry }),
};

/** A kind of value, one of it, and whether another is the same to a program. */
interface Row {
  readonly kind: string;
  readonly value: unknown;
  same(found: never): boolean;
}

const row = <T>(kind: string, value: T, same: (found: T) => boolean): Row => ({ kind, value, same });
const shared = { n: 1 };
const cycle: Record<string, unknown> = { name: 'cycle' };
cycle.self = cycle;
const cyclicMap = new Map<unknown, unknown>();
cyclicMap.set('self', cyclicMap).set(cyclicMap, 1);
const sparse = Object.assign([1, 2, 3], { length: 3 });
delete sparse[1];
const error = new RangeError('no', { cause: new TypeError('why') });
const sameKeys = (found: object, ...keys: string[]) => Object.keys(found).join() === keys.join();

export const ROWS: readonly Row[] = [
  row(
    'numbers: `NaN`, infinities, `-0`',
    [Number.NaN, Number.NEGATIVE_INFINITY, -0],
    ([a, b, c]) => Number.isNaN(a) && b === Number.NEGATIVE_INFINITY && Object.is(c, -0),
  ),
  row('bigints', [1n, 2n ** 100n], ([a, b]) => a === 1n && b === 2n ** 100n),
  row('any string, half a surrogate pair included', 'a\0\ud800b', (found) => found === 'a\0\ud800b'),
  row(
    '`undefined`, apart from a missing property',
    { a: undefined },
    (found) => 'a' in found && found.a === undefined,
  ),
  row('holes in arrays', sparse, (found) => found.length === 3 && !(1 in found)),
  row('the order of keys', { b: 1, a: 2 }, (found) => sameKeys(found, 'b', 'a')),
  row(
    'a property `__proto__`',
    JSON.parse('{"__proto__": {"x": 1}}') as object,
    (found) => Object.hasOwn(found, '__proto__') && Object.getPrototypeOf(found) === Object.prototype,
  ),
  row(
    'objects without a prototype',
    Object.assign(Object.create(null), { a: 1 }) as object,
    (found) => Object.getPrototypeOf(found) === null,
  ),
  row(
    'dates, invalid ones too',
    [new Date(5), new Date(Number.NaN)],
    ([a, b]) => a instanceof Date && a.getTime() === 5 && b instanceof Date && Number.isNaN(b.getTime()),
  ),
  row(
    'Maps and Sets',
    [new Map([['a', 1]]), new Set([1])] as const,
    ([map, set]) => map instanceof Map && map.get('a') === 1 && set instanceof Set && set.has(1),
  ),
  row(
    'Maps with keys of any kind',
    new Map<unknown, number>([
      [{ k: 1 }, 1],
      [Number.NaN, 2],
    ]),
    (found) => ([...found.keys()][0] as { k: number }).k === 1 && found.get(Number.NaN) === 2,
  ),
  row('typed arrays', Float32Array.of(1.5, -2), (found) => found instanceof Float32Array && found[1] === -2),
  row(
    'ArrayBuffer, DataView',
    [new ArrayBuffer(3), new DataView(new ArrayBuffer(2))] as const,
    ([a, b]) => a instanceof ArrayBuffer && a.byteLength === 3 && b instanceof DataView && b.byteLength === 2,
  ),
  row('RegExp', /a+/gi, (found) => found instanceof RegExp && String(found) === '/a+/gi'),
  row('RegExp: its `lastIndex`', Object.assign(/a/g, { lastIndex: 2 }), (found) => found.lastIndex === 2),
  row(
    'errors of their class, with stack',
    error,
    (found) => found instanceof RangeError && nodeTypes.isNativeError(found) && found.stack === error.stack,
  ),
  row('errors: their cause', error, (found) => (found.cause as Error).message === 'why'),
  row('URL', new URL('https://example.org/a'), (found) => found instanceof URL && found.pathname === '/a'),
  row(
    'objects around primitives',
    Object(1) as object,
    (found) => typeof found === 'object' && found.valueOf() === 1,
  ),
  row('symbols of the language', [Symbol.iterator], ([found]) => found === Symbol.iterator),
  row('registered symbols', [OPEN], ([found]) => found === OPEN),
  row('registered functions', [onSave], ([found]) => found === onSave),
  row('one object in two places', [shared, shared], ([a, b]) => a === b && a?.n === 1),
  row('cycles', cycle, (found) => found.self === found && found.name === 'cycle'),
  row(
    'cycles through Maps and their keys',
    cyclicMap,
    (found) => found.get('self') === found && found.get(found) === 1,
  ),
  row(
    'instances of classes',
    new Money(5, 'EUR'),
    (found) => found instanceof Money && found.text === '5 EUR',
  ),
  row(
    'instances in arrays and Maps',
    { list: [new Money(5, 'EUR')], map: new Map([['a', new Money(6, 'EUR')]]) },
    ({ list, map }) => list[0] instanceof Money && map.get('a') instanceof Money,
  ),
  row(
    'classes that extend Set',
    Object.assign(new Tags(['a']), { color: 'blue' }),
    (found) => found instanceof Tags && found.has('a') && found.color === 'blue',
  ),
];

/** Whether a library brings a value back. */
export function bringsBack(library: (value: unknown) => unknown, { value, same }: Row): boolean {
  try {
    return same(library(value) as never) === true;
  } catch {
    // It refuses the value, or what came back is nothing like it.
    return false;
  }
}

/** The table of the README. */
export function table(): string {
  const names = Object.keys(LIBRARIES);
  const head = ['brings back', ...names];
  const rows = ROWS.map((each) => [
    each.kind,
    ...names.map((name) => (bringsBack(LIBRARIES[name] as (value: unknown) => unknown, each) ? 'yes' : '-')),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((cells) => (cells[i] as string).length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] as number)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join(
    '\n',
  );
}
