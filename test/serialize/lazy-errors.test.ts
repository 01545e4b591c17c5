import { describe, expect, it } from 'vitest';
import { deserialize, serialize, TypeRegistry } from '../../src/node.js';

class Key {
  n = 1;
}

const stored = () => {
  const shared = { s: 1 };
  return serialize(
    {
      a: {
        list: [
          { p: 1, k: new Key(), shared },
          { p: 2, k: new Key(), shared },
        ],
        deep: { list: [[{ k: new Key() }]] },
        good: { m: 1, shared },
        shared,
      },
    },
    { registry: new TypeRegistry().register(Key, { name: 'Key' }) },
  );
};

interface Value {
  readonly a: {
    readonly list: { readonly p: number; readonly k: Key; readonly shared: object }[];
    readonly deep: { readonly list: { readonly k: Key }[][] };
    readonly good: { readonly m: number; readonly shared: object };
    readonly shared: object;
  };
}

describe('what was read lazily, and failed,', () => {
  it('fails again, and is whole once it can be read', () => {
    const registry = new TypeRegistry();
    const value = deserialize<Value>(stored(), { registry, lazy: true });
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(() => value.a.list).toThrow(/"Key", which is not registered/);
      expect(() => value.a.deep.list).toThrow(/"Key", which is not registered/);
      expect(value.a.good.m).toBe(1);
    }
    registry.register(Key, { name: 'Key' });
    expect(value.a.list.map(({ p, k }) => [p, k])).toEqual([
      [1, new Key()],
      [2, new Key()],
    ]);
    expect(value.a.deep.list[0]?.[0]?.k).toBeInstanceOf(Key);
    // What had been read before is still the same object.
    const { shared } = value.a;
    expect(value.a.good.shared).toBe(shared);
    expect(value.a.list.every((each) => each.shared === shared)).toBe(true);
  });
});
