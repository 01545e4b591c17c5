import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Expose } from 'class-transformer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transformed } from '../../src/integrations/class-transformer.js';
import {
  deserialize,
  H5Class,
  H5File,
  H5RegistryError,
  H5UnknownClassError,
  H5UnsupportedError,
  read,
  readSync,
  serialize,
  TypeRegistry,
  unknownClassOf,
  write,
  writeSync,
} from '../../src/node.js';

class Point {
  x = 1;
}
class Line {
  from = new Point();
}
class Widget {
  at: unknown = new Point();
}

const back = <T>(value: T, registry: TypeRegistry): T =>
  deserialize<T>(serialize(value, { registry }), { registry });

describe('a registry that extends another one', () => {
  it('stores fields as classes of that one say', () => {
    class Gauge {
      value = 5;
    }
    const base = new TypeRegistry();
    const child = base.extend().extend();
    base.register(Gauge, { name: 'Gauge', fields: [{ property: 'value', dtype: 'i2' }] });
    const bytes = serialize({ gauges: [new Gauge(), new Gauge()] }, { registry: child });
    expect(H5File.open(bytes).dataset('gauges/value').dtype).toBe('<i2');
    expect(back([new Gauge()], child)[0]).toEqual(new Gauge());
  });

  it('knows what that one knows, and more, of which that one knows nothing', () => {
    const base = new TypeRegistry().register(Point, { name: 'Point' });
    const child = base.extend().register(Widget, { name: 'Widget' });
    const other = base.extend().register(Line, { name: 'Widget' });
    expect(child).toBeInstanceOf(TypeRegistry);
    const found = back({ widget: new Widget(), points: [new Point(), new Point()] }, child);
    expect(found.widget).toBeInstanceOf(Widget);
    expect(found.widget.at).toBeInstanceOf(Point);
    expect(found.points[1]).toBeInstanceOf(Point);
    expect(child.has(Point)).toBe(true);
    expect(child.of(Point.prototype)).toBe(base.of(Point.prototype));
    expect([base.names(), child.names(), other.names()]).toEqual([
      ['Point'],
      ['Point', 'Widget'],
      ['Point', 'Widget'],
    ]);
    expect(() => serialize(new Widget(), { registry: base })).toThrow(H5UnsupportedError);
    expect(() => serialize(new Widget(), { registry: other })).toThrow(H5UnsupportedError);
    expect(back([new Line()], other)[0]).toBeInstanceOf(Line);
    expect(() => deserialize(serialize(new Widget(), { registry: child }), { registry: base })).toThrow(
      H5UnknownClassError,
    );
  });

  it('sees what is registered there later, through any number of levels', () => {
    const base = new TypeRegistry();
    const child = base.extend();
    const grandchild = child.extend();
    expect(grandchild.has(Point)).toBe(false);
    base.register(Point, { name: 'Point', aliases: ['Dot'] });
    child.register(Line, { name: 'Line' });
    grandchild.register(Widget, { name: 'Widget' });
    expect(grandchild.names()).toEqual(['Point', 'Line', 'Widget']);
    expect(grandchild.get('Dot')?.target).toBe(Point);
    expect(back({ a: [new Point()], b: new Line(), c: new Widget() }, grandchild).b.from).toBeInstanceOf(
      Point,
    );
  });

  it('inherits values, symbols and codecs', () => {
    const OPEN = Symbol('open');
    const LATER = Symbol('later');
    const save = () => 'saved';
    const theme = { dark: true };
    class Money {
      readonly #cents: bigint;
      constructor(cents: bigint) {
        this.#cents = cents;
      }
      get cents(): bigint {
        return this.#cents;
      }
    }
    const strange = () => Object.create({ brand: 'strange' }) as { n: number };
    const base = new TypeRegistry()
      .registerSymbol('open', OPEN)
      .registerValue('save', save)
      .codec(Money, {
        name: 'Money',
        encode: ({ cents }) => ({ cents }),
        decode: ({ cents }) => new Money(cents as bigint),
      })
      .codec((value) => (value as { brand?: string }).brand === 'strange', {
        name: 'strange',
        encode: ({ n }: { n: number }) => ({ n }),
        decode: ({ n }) => Object.assign(strange(), { n: n as number }),
      });
    const child = base.extend();
    base.registerSymbol('later', LATER);
    child.registerValue('theme', theme);
    expect(child.hasValues).toBe(true);
    expect(base.extend().hasValues).toBe(true);
    expect(new TypeRegistry().extend().hasValues).toBe(false);
    const odd = Object.assign(strange(), { n: 7 });
    const found = back(
      { OPEN, LATER, save, theme, all: [theme, save, OPEN], money: new Money(5n), odd },
      child,
    );
    expect(found.OPEN).toBe(OPEN);
    expect(found.LATER).toBe(LATER);
    expect(found.save).toBe(save);
    expect(found.theme).toBe(theme);
    expect(found.all).toEqual([theme, save, OPEN]);
    expect(found.all[0]).toBe(theme);
    expect(found.money.cents).toBe(5n);
    expect((found.odd as unknown as { brand: string }).brand).toBe('strange');
    expect(back({ theme }, base).theme).not.toBe(theme);
  });

  it('takes no name, class or value for a second time', () => {
    const base = new TypeRegistry()
      .register(Point, { name: 'Point', aliases: ['Dot'] })
      .registerValue('save', back);
    const child = base.extend();
    const refused = (act: () => unknown, message: RegExp) => {
      expect(act).toThrow(H5RegistryError);
      expect(act).toThrow(message);
    };
    refused(
      () => child.register(Line, { name: 'Point' }),
      /"Point" of class Line belongs to class Point already/,
    );
    refused(
      () => child.register(Line, { name: 'Dot' }),
      /"Dot" of class Line belongs to class Point already/,
    );
    refused(() => child.register(Line, { name: 'L', aliases: ['Point'] }), /the alias "Point" of class Line/);
    refused(
      () => child.register(Point, { name: 'P' }),
      /registered already, as "Point"; it cannot be "P" as well/,
    );
    refused(() => child.registerValue('save', () => 1), /is that of another value/);
    refused(() => child.registerValue('store', back), /registered already, as "save"/);
    // The same in the same way changes nothing.
    child.register(Point, { name: 'Point', aliases: ['Dot'] }).registerValue('save', back);
    expect(child.names()).toEqual(['Point']);
  });

  it('notices that a name has since got another meaning there', () => {
    const base = new TypeRegistry();
    const child = base.extend().register(Point, { name: 'Shape' }).registerValue('act', back);
    const bytes = serialize([new Point()], { registry: child });
    base.register(Line, { name: 'Shape' });
    const twice = /"Shape" is registered twice: also in the registry that is extended/;
    // Neither is one taken for the other, nor does it matter for what has nothing to do with it.
    expect(() => serialize([new Point()], { registry: child })).toThrow(twice);
    expect(() => serialize([new Line()], { registry: child })).toThrow(twice);
    expect(() => deserialize(bytes, { registry: child })).toThrow(twice);
    expect(back({ a: 1 }, child)).toEqual({ a: 1 });
    base.registerValue('act', H5File);
    expect(() => serialize(back, { registry: child })).toThrow(/"act" is registered twice/);
    expect(() => serialize(H5File, { registry: child })).toThrow(/"act" is registered twice/);
  });

  it('does not mind that the very same has been registered there since', () => {
    const base = new TypeRegistry();
    const child = base.extend().register(Point, { name: 'Point' }).registerValue('act', back);
    base.register(Point, { name: 'Point' }).registerValue('act', back);
    const found = back({ point: new Point(), act: back }, child);
    expect(found.point).toBeInstanceOf(Point);
    expect(found.act).toBe(back);
    expect(child.names()).toEqual(['Point']);
    base.register(Line, { name: 'Line' });
    child.register(Line, { name: 'Line' });
    expect(back(new Line(), child)).toBeInstanceOf(Line);
  });
});

describe('every entry point takes one', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'h5pickle-extend-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const registry = new TypeRegistry().register(Point, { name: 'Point' }).extend();
  @H5Class('Panel', { registry })
  class Panel {
    origin = new Point();
  }
  const check = (value: unknown) => {
    expect(value).toBeInstanceOf(Panel);
    expect((value as Panel).origin).toBeInstanceOf(Point);
  };

  it('of writing and reading', async () => {
    const path = join(folder, 'panel.h5');
    await write(path, new Panel(), { registry });
    check(await read(path, { registry }));
    check(readSync(path, { registry, as: Panel }));
    writeSync(path, { inside: new Panel() }, { registry });
    using file = H5File.open(path);
    check(await read(file.group('inside'), { registry }));
    const bytes = serialize(new Panel(), { registry });
    check(deserialize(bytes, { registry }));
    check(await read(bytes, { registry, as: Panel }));
    const pieces: Uint8Array[] = [];
    await write({ save: (all) => void pieces.push(...all) }, new Panel(), { registry });
    check(deserialize(Buffer.concat(pieces), { registry }));
    const kept = deserialize<object>(bytes, { registry: new TypeRegistry().extend(), unknownClass: 'keep' });
    expect(unknownClassOf(kept)?.name).toBe('Panel');
  });

  it('of class-transformer', () => {
    Expose()(Line.prototype, 'from');
    const base = new TypeRegistry().register(Point, { name: 'Point' });
    const child = transformed([Line], { registry: base.extend() });
    expect(back(new Line(), child).from).toBeInstanceOf(Point);
    expect(base.names()).toEqual(['Point']);
  });
});
