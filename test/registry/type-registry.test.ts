import { describe, expect, test } from 'vitest';
import { type Class, defaultRegistry, type RegisterOptions, TypeRegistry } from '../../src/registry/index.js';

class Point {
  x = 1;
  y = 2;
}

class Point3 extends Point {
  z = 3;
}

class Line {
  from = new Point();
}

function conflict(message: string): unknown {
  return expect.objectContaining({
    name: 'H5RegistryError',
    code: 'H5_REGISTRY_CONFLICT',
    message: expect.stringContaining(message),
  });
}

test('finds a class by its name, by itself and by its prototype', () => {
  const registry = new TypeRegistry()
    .register(Point, { name: 'geometry.Point', version: 2 })
    .register(Line, { name: 'Line' });

  expect(registry.names()).toEqual(['geometry.Point', 'Line']);
  expect(registry.has(Point)).toBe(true);
  expect(registry.has(Point3)).toBe(false);
  const entry = registry.get('geometry.Point');
  expect(entry).toMatchObject({
    name: 'geometry.Point',
    target: Point,
    prototype: Point.prototype,
    version: 2,
  });
  expect(registry.of(Object.getPrototypeOf(new Point()))).toBe(entry);
});

test('takes no subclass for its base class, and no name for one that is not registered', () => {
  const registry = new TypeRegistry().register(Point, { name: 'Point' });
  expect(registry.of(Point3.prototype)).toBeUndefined();
  expect(registry.of(Object.prototype)).toBeUndefined();
  for (const name of ['point', '__proto__', 'constructor', 'toString', '']) {
    expect(registry.get(name)).toBeUndefined();
  }
  registry.register(Point3, { name: 'Point3' });
  expect(registry.of(Point3.prototype)?.name).toBe('Point3');
});

test('takes names and classes that are special to JavaScript', () => {
  function Old() {}
  abstract class Abstract {}
  const registry = new TypeRegistry()
    .register(Old as unknown as Class, { name: '__proto__' })
    .register(Abstract, { name: 'constructor' })
    .register(class extends Array {}, { name: 'toString' })
    .register((() => class {})(), { name: 'ünïcode ☃' });
  expect(registry.names()).toEqual(['__proto__', 'constructor', 'toString', 'ünïcode ☃']);
  expect(registry.get('__proto__')?.target).toBe(Old);
});

test('registries know nothing of each other', () => {
  const one = new TypeRegistry().register(Point, { name: 'Point' });
  const other = new TypeRegistry().register(Line, { name: 'Point' }).register(Point, { name: 'P' });
  expect(one.of(Point.prototype)?.name).toBe('Point');
  expect(other.of(Point.prototype)?.name).toBe('P');
  expect(defaultRegistry.names()).toEqual([]);
});

describe('to register again', () => {
  const create = () => new Point();
  const options: RegisterOptions<Point> = {
    name: 'Point',
    version: 1,
    create,
    fields: ['x', { property: 'y', name: 'ordinate' }],
  };

  test('the same class in the same way changes nothing', () => {
    const registry = new TypeRegistry().register(Point, options);
    const entry = registry.get('Point');
    registry.register(Point, {
      ...options,
      construct: false,
      ignore: [],
      fields: [{ property: 'x' }, options.fields![1]!],
    });
    expect(registry.get('Point')).toBe(entry);
    expect(registry.of(Point.prototype)).toBe(entry);
    expect(registry.names()).toEqual(['Point']);
  });

  test.each<Partial<RegisterOptions<Point>>>([
    { version: 2 },
    { create: () => new Point() },
    { create: undefined },
    { create: undefined, construct: true },
    { fields: ['x'] },
    { fields: [{ property: 'y', name: 'ordinate' }, 'x'] },
    { fields: ['x', 'y'] },
    { fields: undefined },
    { ignore: ['z'] },
  ])('the same class with %j is refused', (change) => {
    const registry = new TypeRegistry().register(Point, options);
    expect(() => registry.register(Point, { ...options, ...change })).toThrow(
      conflict('class Point is registered already, as "Point", with other options'),
    );
    expect(registry.get('Point')?.version).toBe(1);
  });

  test('what fields begin with, and hold, counts: also functions, which JSON does not know', () => {
    const fields = (more: object): RegisterOptions<Point> => ({
      name: 'Point',
      fields: [{ property: 'x', ...more }],
    });
    const variants = [
      {},
      { default: 5n },
      { default: 6n },
      { default: () => 1 },
      { default: () => 2 },
      { as: () => Line },
    ];
    for (const one of variants)
      for (const other of variants) {
        const registry = new TypeRegistry().register(Point, fields(one));
        const again = () => registry.register(Point, fields({ ...other, dtype: undefined }));
        if (one === other) expect(again).not.toThrow();
        else expect(again).toThrow(/with other options/);
      }
  });

  test('the same class under another name is refused', () => {
    const registry = new TypeRegistry().register(Point, options);
    expect(() => registry.register(Point, { ...options, name: 'P' })).toThrow(
      conflict('class Point is registered already, as "Point"; it cannot be "P" as well'),
    );
    expect(registry.names()).toEqual(['Point']);
  });

  test('another class under the same name is refused', () => {
    const registry = new TypeRegistry().register(Point, { name: 'shape' });
    expect(() => registry.register(Line, { name: 'shape' })).toThrow(
      conflict('the name "shape" of class Line belongs to class Point already'),
    );
    expect(registry.of(Line.prototype)).toBeUndefined();
    expect(registry.get('shape')?.target).toBe(Point);
  });

  test('a class whose module ran twice is refused, with the remedy', () => {
    const evaluate = () => {
      class Reloaded {}
      return Reloaded;
    };
    const registry = new TypeRegistry().register(evaluate(), { name: 'Reloaded' });
    expect(() => registry.register(evaluate(), { name: 'Reloaded' })).toThrow(
      conflict('take a new TypeRegistry'),
    );
  });
});

test('an error leaves the registry as it was', () => {
  const registry = new TypeRegistry();
  expect(() => registry.register(Point, { name: '@point' })).toThrow('reserved');
  expect(() => registry.register(Point, { name: 'Point', fields: ['x', 'x'] })).toThrow('twice');
  expect(registry.names()).toEqual([]);
  expect(registry.has(Point)).toBe(false);
});

test('`create` must make what is registered, for the compiler too', () => {
  // @ts-expect-error: a Line is no Point
  new TypeRegistry().register(Point, { name: 'Point', create: () => new Line() });
});
