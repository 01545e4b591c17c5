import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type Class,
  H5Field,
  H5Ignore,
  RegisteredClass,
  type RegisterOptions,
} from '../../src/registry/index.js';

function registered<T extends object>(cls: Class<T>, options: Partial<RegisterOptions<T>> = {}) {
  return new RegisteredClass(cls, { name: 'Test', ...options });
}

function refusal(cls: Class, options: Partial<RegisterOptions> = {}): { code: string; message: string } {
  try {
    registered(cls, options);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('was not refused');
}

class Point {
  constructor(
    public x = 1,
    public y = 2,
  ) {}

  get length(): number {
    return Math.hypot(this.x, this.y);
  }

  get both(): number[] {
    return [this.x, this.y];
  }
  set both([x, y]: [number, number]) {
    this.x = x;
    this.y = y;
  }

  set onlySet(_: number) {}

  move() {}
}

describe('the properties to store', () => {
  test('of a class without rules are the own enumerable ones, as they stand', () => {
    const point = Object.assign(new Point(), { z: 3, [Symbol('s')]: 4, 7: 'first' });
    Object.defineProperty(point, 'hidden', { value: 1 });
    expect(registered(Point).propertiesOf(point)).toEqual(['7', 'x', 'y', 'z']);
  });

  test('are exactly those of `fields`, as listed', () => {
    const entry = registered(Point, {
      fields: ['y', 'length', 'absent', { property: 'x', name: 'abscissa' }],
    });
    expect(entry.propertiesOf(Object.assign(new Point(), { z: 3 }))).toEqual(['y', 'length', 'x']);
    expect(registered(Point, { fields: [] }).propertiesOf(new Point())).toEqual([]);
  });

  test('are not those of `ignore`', () => {
    expect(registered(Point, { ignore: ['x', 'unknown'] }).propertiesOf(new Point())).toEqual(['y']);
  });

  test('are, after the own enumerable ones, declared getters and hidden properties', () => {
    class Tagged extends Point {
      @H5Field() get tag(): string {
        return 'tag';
      }
      @H5Field() hidden = 1;
      @H5Field() seen = 1;
      @H5Field() absent? = 1;
    }
    const tagged = new Tagged();
    Object.defineProperty(tagged, 'hidden', { enumerable: false });
    delete tagged.absent;
    expect(registered(Tagged).propertiesOf(tagged)).toEqual(['x', 'y', 'seen', 'tag', 'hidden']);
    // A getter that the instance hides behind a property of its own comes where that stands.
    Object.defineProperty(tagged, 'tag', { value: 'own', enumerable: true });
    expect(registered(Tagged).propertiesOf(tagged)).toEqual(['x', 'y', 'seen', 'tag', 'hidden']);
  });

  test('never include what only the prototype has', () => {
    const entry = registered(Point, { fields: ['constructor', 'move', 'toString', 'x'] });
    expect(entry.propertiesOf(new Point())).toEqual(['x']);
    const odd = Object.assign(Object.create(Point.prototype), { constructor: 1, toString: 2 });
    expect(entry.propertiesOf(odd)).toEqual(['constructor', 'toString']);
  });

  test('of any object without rules are its keys', () => {
    const entry = registered(Point);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (own) => {
        const instance = Object.create(Point.prototype, Object.getOwnPropertyDescriptors(own));
        expect(entry.propertiesOf(instance)).toEqual(Object.keys(own));
      }),
    );
  });
});

describe('names in the file', () => {
  const entry = registered(Point, {
    fields: [{ property: 'x', name: 'y' }, { property: 'y', name: 'x' }, 'z'],
  });

  test('two fields may swap theirs', () => {
    expect(['x', 'y', 'z', 'other'].map((property) => entry.storedName(property))).toEqual([
      'y',
      'x',
      'z',
      'other',
    ]);
    expect(['x', 'y', 'z', 'other'].map((name) => entry.propertyFor(name))).toEqual(['y', 'x', 'z', 'other']);
  });

  test('there and back is the same property, for any set of fields', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const fields = fc
      .uniqueArray(fc.record({ property: name, name }), { selector: (field) => field.property })
      .filter((fields) => new Set(fields.map((field) => field.name)).size === fields.length);
    fc.assert(
      fc.property(fields, (fields) => {
        const entry = registered(Point, { fields });
        for (const { property, name } of fields) {
          expect(entry.storedName(property)).toBe(name);
          expect(entry.propertyFor(name)).toBe(property);
        }
      }),
    );
  });

  test('two fields under one name are refused', () => {
    expect(refusal(Point, { fields: ['x', { property: 'y', name: 'x' }] })).toMatchObject({
      code: 'H5_REGISTRY_FIELD',
      message: 'property "y" of class Point is stored under the name "x", as is "x"; rename one of them',
    });
  });

  test('a property that no one declared does not slip under the name of a field', () => {
    class Renamed {
      @H5Field({ name: 'b' }) a = 1;
    }
    const entry = registered(Renamed);
    expect(entry.propertiesOf(new Renamed())).toEqual(['a']);
    expect(() => entry.propertiesOf(Object.assign(new Renamed(), { b: 2 }))).toThrow(
      'property "b" of class Renamed has the name that "a" is stored under',
    );
    const ignoring = registered(Renamed, { ignore: ['b'] });
    expect(ignoring.propertiesOf(Object.assign(new Renamed(), { b: 2 }))).toEqual(['a']);
    expect(ignoring.propertyFor('b')).toBe('a');
  });

  test('are checked', () => {
    for (const name of ['', '@x', 'a\n', '\ud800']) {
      expect(refusal(Point, { fields: [{ property: 'x', name }] })).toMatchObject({
        code: 'H5_REGISTRY_NAME',
      });
      expect(refusal(Point, { name })).toMatchObject({ code: 'H5_REGISTRY_NAME' });
    }
  });
});

describe('what is read', () => {
  test('a getter without a setter is not written to', () => {
    const entry = registered(Point, { fields: ['x', 'length', 'both'] });
    expect(['x', 'length', 'both'].map((property) => entry.isWritable(property))).toEqual([
      true,
      false,
      true,
    ]);
    expect(['x', 'length', 'both'].map((property) => entry.isDeclared(property))).toEqual([true, true, true]);
  });

  test('nor is what is never stored', () => {
    expect(registered(Point, { fields: ['x'] }).isWritable('isAdmin')).toBe(false);
    const entry = registered(Point, { ignore: ['isAdmin'] });
    expect(entry.isWritable('isAdmin')).toBe(false);
    expect(entry.isDeclared('isAdmin')).toBe(false);
    expect(entry.isWritable('x')).toBe(true);
    expect(entry.isDeclared('x')).toBe(false);
  });

  test('the accessor that counts is the nearest one', () => {
    class ReadOnly extends Point {
      override get both(): number[] {
        return [];
      }
    }
    expect(registered(ReadOnly, { fields: ['both'] }).isWritable('both')).toBe(false);
  });
});

describe('options and decorators together', () => {
  class Decorated {
    @H5Field({ name: 'first' }) a = 1;
    @H5Ignore() b = 2;
    c = 3;
  }

  test('`fields` chooses, and keeps the names of the decorators unless it gives others', () => {
    const kept = registered(Decorated, { fields: ['b', 'a'] });
    expect(kept.propertiesOf(new Decorated())).toEqual(['b', 'a']);
    expect(kept.storedName('a')).toBe('first');
    expect(registered(Decorated, { fields: [{ property: 'a', name: 'one' }] }).storedName('a')).toBe('one');
  });

  test('`ignore` wins over @H5Field', () => {
    expect(registered(Decorated, { ignore: ['a'] }).propertiesOf(new Decorated())).toEqual(['c']);
  });
});

describe('the empty instance', () => {
  class Loud {
    made = 'by the constructor';
    constructor() {
      calls++;
    }
  }
  let calls = 0;

  beforeEach(() => {
    calls = 0;
  });

  test('is made without the constructor', () => {
    const instance = registered(Loud).create();
    expect(Object.getPrototypeOf(instance)).toBe(Loud.prototype);
    expect(Object.keys(instance)).toEqual([]);
    expect(calls).toBe(0);
  });

  test('is made by `create`', () => {
    const instance = registered(Point, { create: () => new Point(5, 6) }).create();
    expect(instance).toEqual(new Point(5, 6));
  });

  test('is made by the constructor with `construct`', () => {
    const instance = registered(Loud, { construct: true }).create();
    expect(instance.made).toBe('by the constructor');
    expect(calls).toBe(1);
  });

  test.each([undefined, null, {}, 'Point', new Loud()])('is not %j', (wrong) => {
    const entry = registered(Point, { create: () => wrong as unknown as Point });
    expect(() => entry.create()).toThrow(
      expect.objectContaining({
        code: 'H5_REGISTRY_CREATE',
        message: 'the option `create` of class Point returned no instance of it',
      }),
    );
  });
});

describe('a class is refused', () => {
  test.each([undefined, null, 7, 'Point', {}, () => {}, { prototype: {} }])('when it is %j', (wrong) => {
    expect(refusal(wrong as unknown as Class)).toMatchObject({ code: 'H5_REGISTRY_CLASS' });
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 31, '1', null])('with version %j', (version) => {
    expect(refusal(Point, { version: version as number })).toMatchObject({ code: 'H5_REGISTRY_CLASS' });
  });

  test('with `create` and `construct` at once', () => {
    expect(refusal(Point, { create: () => new Point(), construct: true })).toMatchObject({
      code: 'H5_REGISTRY_CLASS',
      message: 'class Point has both `create` and `construct`; they exclude each other',
    });
  });

  test.each<[string, Partial<RegisterOptions>]>([
    ['is listed twice in `fields`', { fields: ['x', { property: 'x', name: 'y' }] }],
    ['is both in `fields` and in `ignore`', { fields: ['x'], ignore: ['x'] }],
    ['is optional and required', { fields: [{ property: 'x', optional: true, required: true }] }],
    ['or has a default', { fields: [{ property: 'x', optional: true, default: 0 }] }],
    ['cannot be a field', { fields: ['__proto__'] }],
    ['has a setter and no getter', { fields: ['onlySet'] }],
  ])('when a field %s', (problem, options) => {
    const { code, message } = refusal(Point, options);
    expect(code).toBe('H5_REGISTRY_FIELD');
    expect(message).toContain(problem);
  });

  test('when a decorator declares __proto__', () => {
    class Evil {
      @H5Field() ['__proto__'] = 1;
    }
    expect(refusal(Evil).message).toBe('property "__proto__" of class Evil cannot be a field');
  });
});

test('versions run from 0, the default, to the largest int32', () => {
  expect(registered(Point).version).toBe(0);
  expect(registered(Point, { version: 0x7fffffff }).version).toBe(0x7fffffff);
});

test('`__proto__` among the own properties of an instance is data', () => {
  const instance = Object.create(Point.prototype);
  Object.defineProperty(instance, '__proto__', { value: 1, enumerable: true });
  expect(registered(Point).propertiesOf(instance)).toEqual(['__proto__']);
  expect(registered(Point).storedName('__proto__')).toBe('__proto__');
  expect(registered(Point).propertyFor('constructor')).toBe('constructor');
  expect(registered(Point).isDeclared('constructor')).toBe(false);
});

test('says when instances need no more than their keys and their prototype', () => {
  const [x, xy, yx, xyz] = [['x'], ['x', 'y'], ['y', 'x'], ['x', 'y', 'z']] as const;
  expect([x, xy, yx, xyz].map((keys) => registered(Point).storesJust(keys))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  const exact = registered(Point, { fields: ['x', 'y'] });
  expect([x, xy, yx, xyz].map((keys) => exact.storesJust(keys))).toEqual([false, true, false, false]);
  const ignoring = registered(Point, { ignore: ['x'] });
  expect([x, ['y']].map((keys) => ignoring.storesJust(keys))).toEqual([false, true]);
  expect(registered(Point, { ignore: ['x'] }).bareInstances).toBe(Point.prototype);
  expect(registered(Point, { construct: true }).bareInstances).toBeUndefined();
  expect(registered(Point, { create: () => new Point() }).bareInstances).toBeUndefined();
});
