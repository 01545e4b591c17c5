import { describe, expect, it } from 'vitest';
import { deserialize, serialize, TypeRegistry } from '../../src/node.js';

/** An object whose getter becomes a property when it is asked, as those do that compute a value but once. */
function memoizing<T>(target: object, key: string, compute: () => T): void {
  Object.defineProperty(target, key, {
    get() {
      const value = compute();
      Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
      return value;
    },
    enumerable: true,
    configurable: true,
  });
}

interface Family {
  name?: string;
  first: unknown;
  parent: Family;
  children: Family[];
  again: Family[];
}

describe('an object that its own getter changes while it is stored', () => {
  it('is found again, from below itself', () => {
    const parent = { name: 'p' } as Family;
    memoizing(parent, 'first', () => ({ made: 'once' }));
    parent.children = [{ name: 'c', parent } as Family];
    parent.again = parent.children;

    const read = deserialize<Family>(serialize(parent));
    expect(read.children[0]?.parent).toBe(read);
    expect(read.again).toBe(read.children);
    expect(read.first).toEqual({ made: 'once' });
  });

  it('is found again, as an element beside others like it', () => {
    const many = Array.from({ length: 20 }, (_, i) => {
      const row = {} as Family;
      memoizing(row, 'name', () => `row ${i >> 1}`);
      return row;
    });
    for (const row of many) row.parent = many[3] as Family;
    const read = deserialize<{ many: Family[]; some: Family[] }>(
      serialize({ many, some: [many[3], many[4], many[4]] }),
    );
    for (const row of read.many) expect(row.parent).toBe(read.many[3]);
    expect(read.some.map((row) => read.many.indexOf(row))).toEqual([3, 4, 4]);
  });

  it('is found again, where it was read lazily', () => {
    const shared = { name: 's', list: Array.from({ length: 3000 }, (_, i) => i * 1.5) };
    const parent = { shared, children: [{ shared, name: 'c' }] } as unknown as Family & { shared: object };
    parent.parent = parent;
    (parent.children[0] as Family).parent = parent;
    const lazy = deserialize<typeof parent>(serialize(parent), { lazy: true });
    const read = deserialize<typeof parent>(serialize(lazy));
    expect(read.parent).toBe(read);
    expect(read.children[0]?.parent).toBe(read);
    expect((read.children[0] as typeof parent).shared).toBe(read.shared);
    expect(read).toEqual(parent);
  });

  it('is a value, where it was read lazily and accessors are skipped', () => {
    const value = { list: Array.from({ length: 3000 }, (_, i) => i * 1.5), deep: { a: { b: 1 } } };
    const lazy = deserialize<object>(serialize(value), { lazy: true });
    Object.defineProperty(lazy, 'own', { get: () => 1, enumerable: true });
    Object.defineProperty(lazy, 'mute', { set: () => {}, enumerable: true });
    expect(deserialize(serialize(lazy, { accessors: 'skip' }))).toEqual(value);
  });
});

describe('an instance that a getter of its class changes while it is stored', () => {
  class Order {
    _total?: number;
    lines = [1, 2, 3];
    self: Order[] = [];
    get total(): number {
      this._total ??= this.lines.reduce((sum, line) => sum + line, 0);
      return this._total;
    }
  }
  const registry = new TypeRegistry();
  registry.register(Order, { name: 'Order', fields: ['total', 'lines', 'self'] });

  it('is found again', () => {
    const order = new Order();
    order.self.push(order, new Order());
    order.self[1]?.self.push(order);
    const read = deserialize<Order>(serialize(order, { registry }), { registry });
    expect(read.self[0]).toBe(read);
    expect(read.self[1]?.self[0]).toBe(read);
    expect(read.self).toHaveLength(2);
  });
});

describe('an instance that its codec changes while it is stored', () => {
  class Node {
    version?: number;
    peers: Node[] = [];
  }
  const registry = new TypeRegistry();
  registry.codec<Node>(Node, {
    name: 'Node',
    encode: (node) => {
      node.version = (node.version ?? 0) + 1;
      return { version: node.version, peers: node.peers };
    },
    create: () => new Node(),
    fill: (node, data) => Object.assign(node, data),
  });

  it('is found again', () => {
    const node = new Node();
    node.peers.push(node, new Node());
    node.peers[1]?.peers.push(node);
    const read = deserialize<Node>(serialize(node, { registry }), { registry });
    expect(read.peers[0]).toBe(read);
    expect(read.peers[1]?.peers[0]).toBe(read);
  });
});
