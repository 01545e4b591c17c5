import { TypeRegistry } from '../../src/index.js';

/** Classes of every sort that a registry knows, for tests of the codec. */

export class Point {
  x: unknown;
  y: unknown;

  constructor(x: unknown, y: unknown) {
    this.x = x;
    this.y = y;
  }
}

export class Point3 extends Point {
  z: unknown;

  constructor(x: unknown, y: unknown, z: unknown) {
    super(x, y);
    this.z = z;
  }
}

/** Its properties have other names in the file, one is not stored, and a getter is stored for others to see. */
export class Account {
  owner: unknown;
  balance: unknown;
  session = 'secret';

  constructor(owner: unknown, balance: unknown) {
    this.owner = owner;
    this.balance = balance;
  }

  get label(): string {
    return `account of ${typeof this.owner}`;
  }
}

/** State that only a constructor can make, reached through an accessor. */
export class Counter {
  #count: unknown = 0;

  get count(): unknown {
    return this.#count;
  }

  set count(count: unknown) {
    this.#count = count;
  }
}

/** The constructor must not run when it is read. */
export class Strict {
  value: unknown;

  constructor(value: unknown) {
    if (value === undefined) throw new Error('Strict needs a value');
    this.value = value;
  }
}

/** Made by a function of its own: the constructor is private, and counts. */
export class Celsius {
  static made = 0;
  degrees: number;
  place: unknown;

  private constructor(degrees: number) {
    Celsius.made++;
    this.degrees = degrees;
  }

  static of(degrees: number): Celsius {
    return new Celsius(degrees);
  }
}

/** One property is not stored; a declared one is not enumerable, and has a setter on top. */
export class Session {
  user: unknown;
  readonly cache = { not: 'stored' };
  declare state: unknown;

  constructor(user: unknown, state: unknown) {
    this.user = user;
    Object.defineProperty(this, 'hidden', {
      value: state,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
}
Object.defineProperty(Session.prototype, 'state', {
  get(this: { hidden: unknown }) {
    return this.hidden;
  },
  set(this: object, value: unknown) {
    Object.defineProperty(this, 'hidden', { value, writable: true, enumerable: false, configurable: true });
  },
});

export const registry = new TypeRegistry()
  .register(Point, { name: 'geo.Point' })
  .register(Point3, { name: 'geo.Point3', version: 3 })
  .register(Account, {
    name: 'bank/Account',
    fields: [{ property: 'owner', name: 'who' }, 'balance', 'label'],
  })
  .register(Counter, { name: 'Counter', construct: true, fields: ['count'] })
  .register(Strict, { name: 'Strict' })
  .register(Celsius, { name: 'weather.Celsius', create: () => Celsius.of(Number.NaN) })
  .register(Session, {
    name: 'Session',
    fields: ['user', { property: 'state', name: '%state/now' }],
    version: 7,
  });
