import { describe, expect, it } from 'vitest';
import { attributesOf, datasetAt, describeOracle, groupAt, h5py } from '../oracle/oracles.js';
import { type CompileOptions, compileFixture } from '../registry/compile.js';

type Shop = typeof import('./fixtures/shop.js');

const compile = (options: CompileOptions) =>
  compileFixture<Shop>(new URL('./fixtures/shop.ts', import.meta.url), options);

describe.each<CompileOptions>([
  { compiler: 'tsc', decorators: 'standard' },
  { compiler: 'tsc', decorators: 'legacy' },
  { compiler: 'tsc', decorators: 'legacy', emitDecoratorMetadata: true },
  { compiler: 'esbuild', decorators: 'standard' },
  { compiler: 'esbuild', decorators: 'legacy' },
])('decorated classes, compiled with %j', (options) => {
  it('come back as instances, with their links to each other, and no constructor runs', async () => {
    const { makeShop, write, read, Customer, Order } = await compile(options);
    const shop = makeShop(40);
    const { value, constructed } = read(write(shop));
    const copy = value as typeof shop;
    expect(constructed).toBe(0);
    expect(copy).toHaveLength(40);
    for (const [i, customer] of copy.entries()) {
      const original = shop[i] as (typeof shop)[0];
      expect(Object.getPrototypeOf(customer)).toBe(Customer.prototype);
      expect(customer.name).toBe(original.name);
      expect('cache' in customer).toBe(false);
      expect(customer.orders).toHaveLength(original.orders.length);
      for (const [j, order] of customer.orders.entries()) {
        expect(order).toBeInstanceOf(Order);
        expect(order.customer).toBe(customer);
        expect(order.lines).toEqual(original.orders[j]?.lines);
        expect(order.total).toBe(original.orders[j]?.total);
      }
    }
  });
});

describe.each(['standard', 'legacy'] as const)('%s decorators, in a build for production', (decorators) => {
  it('read what was written before, and write what others read: names are those that were given', async () => {
    const { makeShop, write, read } = await compile({ compiler: 'esbuild', decorators });
    const minified = await compile({ compiler: 'esbuild', decorators, minify: true });
    const source = await compile({ compiler: 'tsc', decorators, minify: true });
    for (const build of [minified, source]) {
      // Of standard decorators, compilers keep the names of classes.
      if (decorators === 'legacy') expect(build.Customer.name).not.toBe('Customer');
      const shop = build.read(write(makeShop(20))).value as ReturnType<Shop['makeShop']>;
      expect(shop[3]).toBeInstanceOf(build.Customer);
      expect(shop[3]?.orders[2]).toBeInstanceOf(build.Order);
      expect(shop[3]?.orders[2]?.customer).toBe(shop[3]);
      expect(shop[3]?.name).toBe('customer 3');
      expect(build.write(build.makeShop(20))).toEqual(write(makeShop(20)));
      expect(read(build.write(shop)).value).toHaveLength(20);
    }
  });

  it('read an older version, and say where something is missing', async () => {
    const { readOld, makeOld } = await compile({ compiler: 'esbuild', decorators, minify: true });
    expect(readOld(makeOld({ full_name: 'Ada', id: 1 })).greeting).toBe('Dear Ada, from version 1');
    expect(() => readOld(makeOld({ id: 1 }))).toThrow(
      /^\$: an instance of class shop\.Letter in the file has no "to", which is required \(property recipient\)/,
    );
  });
});

describeOracle('h5py', () => {
  it('sees a column for each field, under the name that the class gives it', async () => {
    const { makeShop, write } = await compile({ compiler: 'tsc', decorators: 'standard' });
    const file = await h5py(write({ customers: makeShop(40) }));
    expect(attributesOf(groupAt(file, 'customers'))).toMatchObject({
      '@class': 'shop.Customer',
      '@version': 2,
      '@length': 40,
    });
    expect(
      groupAt(file, 'customers')
        .links.map(({ name }) => name)
        .sort(),
    ).toEqual(['full_name', 'id', 'orders']);
    expect((datasetAt(file, 'customers/full_name').value as string[]).slice(0, 2)).toEqual([
      'customer 0',
      'customer 1',
    ]);
    const total = datasetAt(file, 'customers/orders/values/total').value as number[];
    expect(total.slice(0, 3)).toEqual([2, 3, 4]);
  });
});
