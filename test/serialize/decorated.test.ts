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
