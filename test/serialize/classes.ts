import { H5Field, H5Ignore, h5read, h5write, TypeRegistry } from '../../src/index.js';

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

/** Its decorators say what is stored: a field of its base, one of its own, and nothing of a third. */
class Named {
  @H5Field({ name: 'label' }) title: unknown;

  constructor(title: unknown) {
    this.title = title;
  }
}
export class Sheet extends Named {
  @H5Field() size: unknown;
  @H5Ignore() cache = [1];
  extra: unknown;

  constructor(title: unknown, size: unknown, extra: unknown) {
    super(title);
    this.size = size;
    this.extra = extra;
  }
}

/** Of their base they have what no property shows; `note` is a field. */
export class Tags extends Set<unknown> {
  note: unknown = null;
}
export class Index extends Map<unknown, unknown> {
  note: unknown = null;
}
export class Stack extends Array<unknown> {
  note: unknown = null;
}
export class Day extends Date {
  note: unknown = null;
}
export class Samples extends Float32Array {
  note: unknown = null;
}
export class Failure extends Error {
  readonly note: unknown;

  constructor(message: string, note: unknown, options?: ErrorOptions) {
    super(message, options);
    this.note = note;
  }
}

/** Stored by a codec that makes it at once of what it holds. */
export class Money {
  readonly #cents: bigint;

  constructor(cents: bigint) {
    this.#cents = cents;
  }

  get cents(): bigint {
    return this.#cents;
  }
}

/** Stored by a codec that makes it empty, and fills it: it may hold itself. */
export class Tree {
  #children: unknown = [];
  label: unknown;

  constructor(label: unknown) {
    this.label = label;
  }

  get children(): unknown {
    return this.#children;
  }

  set children(children: unknown) {
    this.#children = children;
  }
}

/** Says itself what is stored, under any names in any order; it may hold itself. */
export class Notes {
  #entries = new Map<string, unknown>();

  get entries(): Map<string, unknown> {
    return this.#entries;
  }

  set entries(entries: Map<string, unknown>) {
    this.#entries = entries;
  }

  [h5write](dict: Map<string, unknown>): void {
    for (const [name, value] of this.#entries) dict.set(name, value);
  }

  [h5read](dict: ReadonlyMap<string, unknown>): void {
    this.#entries = new Map(dict);
  }
}

/** A field says what it holds, another is named by a symbol. */
export const MARK = Symbol('mark');
export class Crate {
  points: unknown = null;
  [MARK]: unknown = null;
}

function filled(target: TypeRegistry): TypeRegistry {
  return target
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
    })
    .register(Sheet, { name: 'Sheet', version: 1 })
    .register(Tags, { name: 'Tags' })
    .register(Index, { name: 'Index' })
    .register(Stack, { name: 'Stack' })
    .register(Day, { name: 'Day' })
    .register(Samples, { name: 'Samples' })
    .register(Failure, { name: 'Failure' })
    .register(Notes, { name: 'Notes', construct: true })
    .register(Crate, {
      name: 'Crate',
      fields: [
        { property: 'points', as: () => Point },
        { property: MARK, name: 'mark/of it' },
      ],
    })
    .codec(Money, {
      name: 'Money',
      encode: ({ cents }) => ({ cents }),
      decode: ({ cents }) => new Money(cents as bigint),
    })
    .codec(Tree, {
      name: 'Tree',
      encode: ({ label, children }) => ({ label, children }),
      create: () => new Tree(undefined),
      fill: (tree, { label, children }) => Object.assign(tree, { label, children }),
    });
}

/** Without any value that is registered by a name: they cost the planner its shortest way. */
export const registry = filled(new TypeRegistry());

/** What is stored by its name. */
export const OPEN = Symbol('open');
export const DARK = { name: 'dark', colors: ['black'] };
export function onSave(): string {
  return 'saved';
}
export const named = filled(new TypeRegistry())
  .registerSymbol('status.open', OPEN)
  .registerValue('handlers.save', onSave)
  .registerValue('theme.dark', DARK);
