import { H5Class, H5Field, H5Ignore } from 'h5pickle';

/** A category knows the one above it and those below it: a cycle at every step. */
@H5Class('shop.Category')
export class Category {
  children: Category[] = [];

  constructor(
    public name: string,
    public parent: Category | null = null,
  ) {
    parent?.children.push(this);
  }
}

@H5Class('shop.Product', { version: 2 })
export class Product {
  @H5Field({ name: 'price_cents' }) cents: bigint;
  tags: Set<string>;
  size = new Float32Array(3);
  /** Not every product has been reviewed. */
  rating: number | undefined;

  constructor(
    readonly id: number,
    public name: string,
    public category: Category,
    cents: bigint,
    tags: string[],
  ) {
    this.cents = cents;
    this.tags = new Set(tags);
  }
}

@H5Class('shop.Line')
export class Line {
  constructor(
    public product: Product,
    public quantity: number,
    public discount: number | null,
  ) {}
}

@H5Class('shop.Order')
export class Order {
  lines: Line[] = [];

  constructor(
    readonly number: number,
    public customer: Customer,
    public placed: Date,
  ) {
    customer.orders.push(this);
  }

  /** Stored for other readers of the file; computed here. */
  @H5Field() get total(): bigint {
    return this.lines.reduce((sum, line) => sum + line.product.cents * BigInt(line.quantity), 0n);
  }
}

@H5Class('shop.Customer')
export class Customer {
  orders: Order[] = [];
  friends = new Set<Customer>();
  settings = new Map<string, unknown>();
  /** Never stored. */
  @H5Ignore() session: string | undefined;

  constructor(
    public name: string,
    public born: Date,
    public vip: boolean,
  ) {}
}

/** Its constructor cannot run without arguments, and its total lives in a private slot: `create` makes one. */
@H5Class('shop.Ledger', { create: () => Ledger.empty() })
export class Ledger {
  #balance = 0n;

  private constructor(public readonly currency: string) {}

  static empty(currency = ''): Ledger {
    return new Ledger(currency);
  }

  @H5Field() get balance(): bigint {
    return this.#balance;
  }

  set balance(value: bigint) {
    this.#balance = value;
  }
}

export interface Shop {
  opened: Date;
  root: Category;
  products: Map<string, Product>;
  customers: Customer[];
  orders: Order[];
  ledger: Ledger;
  bestOfMonth: Map<Date, Product>;
  salesByHour: Float64Array;
  visits: BigUint64Array;
  logo: ArrayBuffer;
  shelf: (Product | undefined)[];
  odd: unknown;
}

export const SECRET = 'session-token-that-is-not-to-be-stored';

/** A shop with some thousands of instances, the same on every run. */
export function makeShop(): Shop {
  const random = randomNumbers(20240501);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const opened = new Date('2019-03-04T08:00:00Z');
  const day = (n: number) => new Date(opened.getTime() + n * 86_400_000);

  const root = new Category('all');
  const categories = [root];
  while (categories.length < 60)
    categories.push(new Category(`category ${categories.length}`, pick(categories)));

  const tags = ['new', 'sale', 'bio', 'fragile', 'größe L', '日本'];
  const products = Array.from({ length: 500 }, (_, id) => {
    const cents = BigInt(Math.ceil(random() * 50_000));
    const product = new Product(id, `product ${id}`, pick(categories), cents, [pick(tags), pick(tags)]);
    product.size.set([random(), random(), random()]);
    if (id % 3 > 0) product.rating = Math.round(random() * 50) / 10;
    return product;
  });

  const first = ['Ada', 'Grace', 'Emmy', 'Sofja', 'Lise', 'Rosalind', 'Hedy', 'Katherine'];
  const last = ['Lovelace', 'Hopper', 'Noether', 'Kowalewskaja', 'Meitner', 'Franklin', 'Lamarr', 'Johnson'];
  const customers = Array.from({ length: 800 }, (_, i) => {
    const customer = new Customer(`${pick(first)} ${pick(last)}`, day(-7000 - 20 * i), i % 10 === 0);
    customer.session = SECRET;
    customer.settings.set('language', pick(['de', 'en', 'fr']));
    if (i % 2) customer.settings.set('newsletter', i % 4 === 1);
    return customer;
  });
  for (const customer of customers) for (let i = 0; i < 3; i++) customer.friends.add(pick(customers));

  const orders = Array.from({ length: 1500 }, (_, i) => {
    const order = new Order(i + 1, pick(customers), day(i));
    for (let n = Math.floor(random() * 4); n >= 0; n--) {
      order.lines.push(new Line(pick(products), 1 + Math.floor(random() * 5), n % 2 ? random() / 4 : null));
    }
    return order;
  });

  const ledger = Ledger.empty('EUR');
  for (const order of orders) ledger.balance += order.total;

  const shelf: (Product | undefined)[] = [products[3], undefined, products[3]];
  shelf.length = 6;
  const odd: unknown[] = [-0, Number.NaN, 2n ** 80n, null, undefined, new Date(Number.NaN), 'half \ud83d'];
  odd.push(odd);

  return {
    opened,
    root,
    products: new Map(products.map((product) => [product.name, product])),
    customers,
    orders,
    ledger,
    // Its first key is the very Date that says when the shop opened.
    bestOfMonth: new Map([opened, day(30), day(60)].map((date) => [date, pick(products)])),
    salesByHour: Float64Array.from({ length: 24 * 365 }, () => Math.round(random() * 1e5) / 100),
    visits: BigUint64Array.from({ length: 365 }, () => BigInt(Math.floor(random() * 1e6))),
    logo: Uint8Array.from({ length: 1000 }, (_, i) => i % 251).buffer,
    shelf,
    odd,
  };
}

/** Numbers from 0 to 1 that look random (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
