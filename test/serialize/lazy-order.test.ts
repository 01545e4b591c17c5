import { describe, expect, it } from 'vitest';
import { deserialize, H5UnsupportedError, h5read, h5write, serialize, TypeRegistry } from '../../src/node.js';
import { type Random, seeded } from '../random.js';
import { expectSame } from '../same.js';
import { THOROUGH } from '../thoroughness.js';
import { graphOf } from './graph.js';

/** It can only be made of content that is there. */
class Made {
  readonly content: unknown;
  constructor(content: unknown) {
    this.content = content;
  }
  [h5write](members: Map<string, unknown>): void {
    members.set('content', this.content);
  }
  static [h5read](members: ReadonlyMap<string, unknown>): Made {
    return new Made(members.get('content'));
  }
}

class Filled {
  a: unknown;
  b: unknown;
}

const registry = new TypeRegistry().register(Made, { name: 'Made' }).register(Filled, { name: 'Filled' });
const GROUPS = [1, 7, Infinity];

/** Reads all of a value, its parts in an order that is random. */
function touch(value: unknown, random: Random): void {
  const seen = new Set<unknown>();
  const todo = [value];
  while (todo.length > 0) {
    const [next] = todo.splice(random(todo.length), 1);
    if (typeof next !== 'object' || next === null || ArrayBuffer.isView(next) || seen.has(next)) continue;
    seen.add(next);
    if (next instanceof Map) for (const entry of next) todo.push(...entry);
    else if (next instanceof Set) todo.push(...next);
    else for (const key of Object.keys(next)) todo.push((next as Record<string, unknown>)[key]);
  }
}

function randomGraph(random: Random): unknown {
  const made: unknown[] = [];
  const buffer = new ArrayBuffer(16);
  const pick = (): unknown => made[random(made.length)];
  const value = (): unknown => (made.length > 0 && random(3) > 0 ? pick() : random(9));
  const keep = <T>(each: T): T => {
    made.push(each);
    return each;
  };
  for (let i = 8 + random(20); i >= 0; i--) {
    const object: Record<string, unknown> = {};
    switch (random(9)) {
      case 0:
      case 1:
        keep(new Made(random(2) === 0 ? { a: { b: value() } } : value()));
        break;
      case 2:
        Object.assign(keep(new Filled()), { a: value(), b: value() });
        break;
      case 3:
        keep([value(), value()]);
        break;
      case 4:
        keep([0, 1, 2].map((id) => keep({ id, k: value() })));
        break;
      case 5:
        keep(
          new Map([
            ['k', value()],
            ['l', value()],
          ]),
        );
        break;
      case 6:
        keep(new Uint8Array(buffer, random(8), 4));
        break;
      default:
        for (const key of 'abc'.slice(random(3))) object[key] = value();
        keep(object);
    }
  }
  // Objects may lead back.
  for (const each of made)
    if (random(6) === 0 && Object.getPrototypeOf(each) === Object.prototype)
      (each as Record<string, unknown>)['back'] = pick();
  return { first: made.at(-1), x: pick(), y: { z: { w: [pick(), { s: pick(), t: pick() }] } }, all: pick() };
}

describe('what is read when it is asked for, where values are made in order', () => {
  const shapes: [string, () => unknown, (value: never) => unknown][] = [
    [
      'beside another one in a list',
      () => {
        const x = { m: new Made({ a: { b: 1 } }) };
        return { x, y: { z: { w: [x, { s: new Made({ a: { b: 2 } }), t: 1 }] } } };
      },
      (value: { x: unknown; y: { z: { w: unknown } } }) => [value.x, value.y.z.w],
    ],
    [
      'of rows that hold it',
      () => {
        const p = new Made({ a: { b: 2 } });
        const x = {
          m: [
            { k: p, i: 0 },
            { k: p, i: 1 },
          ],
        };
        return { p, x, y: { z: { w: [x, { s: p, q: new Made({ p: {} }) }] } } };
      },
      (value: { x: unknown; y: { z: { w: unknown } } }) => [value.x, value.y.z.w],
    ],
    [
      'a view of bytes that another one shows',
      () => {
        const buffer = new ArrayBuffer(16);
        const x = { m: new Uint8Array(buffer, 0, 4) };
        const u = new Uint8Array(buffer, 4, 4);
        return { x, y: { z: { w: [x, { s: new Made({ a: { b: 2 } }), u, t: 1 }] } } };
      },
      (value: { x: unknown; y: { z: { w: unknown } } }) => [value.x, value.y.z.w],
    ],
  ];
  it.each(shapes)('%s', (_, make, look) => {
    for (const groups of [1, 2, 3, 4, 5, 6, 8, Infinity]) {
      const value = deserialize(serialize(make(), { registry, groups }), { registry, lazy: true });
      look(value as never);
      touch(value, () => 0);
      expect(graphOf(value, registry), `groups: ${groups}`).toEqual(graphOf(make(), registry));
    }
  });

  it('is what is read at once, in whatever order it is asked for', () => {
    for (let seed = 0; seed < (THOROUGH ? 600 : 25); seed++) {
      for (const groups of GROUPS) {
        let bytes: Uint8Array;
        try {
          bytes = serialize(randomGraph(seeded(seed)), { registry, groups });
        } catch (error) {
          // What is a part of what it is made of.
          expect(error).toBeInstanceOf(H5UnsupportedError);
          continue;
        }
        const expected = graphOf(deserialize(bytes, { registry }), registry);
        for (let order = 0; order < 4; order++) {
          const value = deserialize(bytes, { registry, lazy: true });
          touch(value, seeded(order));
          expectSame(graphOf(value, registry), expected, `seed ${seed}, groups: ${groups}`);
        }
      }
    }
  });
});
