import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Class,
  H5Class,
  H5Field,
  H5Ignore,
  type H5RegistryError,
  type TypeRegistry,
} from '../../src/registry/index.js';
import { type CompileOptions, compileFixture } from './compile.js';

/** Said here, because the legacy fixtures are not for the compiler that checks this file. */
interface Legacy {
  registry: TypeRegistry;
  H5RegistryError: typeof H5RegistryError;
  Replaced: new () => object;
  misuses: Record<string, () => Class>;
}

interface LegacyMetadata {
  registry: TypeRegistry;
  Car: new () => object;
  Engine: new () => object;
}

type FieldContext = ClassFieldDecoratorContext & { name: string; static: false; private: false };

const compilations: CompileOptions[] = [
  { compiler: 'tsc', decorators: 'standard' },
  { compiler: 'esbuild', decorators: 'standard' },
  { compiler: 'tsc', decorators: 'legacy' },
  { compiler: 'tsc', decorators: 'legacy', emitDecoratorMetadata: true },
  { compiler: 'esbuild', decorators: 'legacy' },
];

const shapes = new URL('./fixtures/shapes.ts', import.meta.url);
const standard = new URL('./fixtures/standard.ts', import.meta.url);
const legacy = new URL('./fixtures/legacy.ts', import.meta.url);
const legacyMetadata = new URL('./fixtures/legacy-metadata.ts', import.meta.url);

describe.each(compilations)('the same classes, compiled with %j', (options) => {
  let module: typeof import('./fixtures/shapes.js');

  beforeAll(async () => {
    module = await compileFixture(shapes, options);
  });

  test('are registered', () => {
    expect(module.defaultRegistry.names()).toEqual(['shapes.Square', 'shapes.Named']);
    expect(module.isolated.names()).toEqual(['Temperature', 'Counter', 'Box']);
    expect(module.defaultRegistry.get('shapes.Square')).toMatchObject({ target: module.Square, version: 3 });
    expect(module.defaultRegistry.get('shapes.Named')?.version).toBe(0);
    expect(module.defaultRegistry.of(module.Shape.prototype)).toBeUndefined();
    expect(module.defaultRegistry.of(module.Subsquare.prototype)).toBeUndefined();
    expect(module.isolated.of(module.Box.prototype)?.propertiesOf(new module.Box(1))).toEqual(['content']);
  });

  test('have the rules of their base class', () => {
    const square = module.defaultRegistry.of(module.Square.prototype)!;
    expect(square.propertiesOf(new module.Square())).toEqual(['title', 'edges', 'a', 'area']);
    expect(square.storedName('title')).toBe('label');
    expect(square.storedName('a')).toBe('edge');
    expect(square.propertyFor('label')).toBe('title');
    expect(square.isWritable('area')).toBe(false);
    expect(square.isWritable('cache')).toBe(false);
    expect(square.isDeclared('title')).toBe(true);
    expect(square.isDeclared('edges')).toBe(false);
  });

  test('may change these', () => {
    const named = module.defaultRegistry.of(module.NamedSquare.prototype)!;
    expect(named.propertiesOf(new module.NamedSquare())).toEqual(['cache', 'edges', 'a', 'area', 'scale']);
    expect(named.storedName('cache')).toBe('memo');
    expect(named.isWritable('title')).toBe(false);
    expect(named.isWritable('scale')).toBe(true);
  });

  test('say how an empty instance is made', () => {
    const { isolated, Temperature, Counter, Square, defaultRegistry } = module;
    expect(isolated.of(Temperature.prototype)!.create()).toEqual(Temperature.of(0));
    expect(isolated.of(Counter.prototype)!.create()).toMatchObject({ count: 0, made: 'by the constructor' });
    expect(Object.keys(defaultRegistry.of(Square.prototype)!.create())).toEqual([]);
  });

  test('have no type on record without reflect-metadata', () => {
    expect(Reflect).not.toHaveProperty('getMetadata');
    expect(module.defaultRegistry.of(module.Square.prototype)!.ruleFor('a')?.type).toBeUndefined();
  });
});

describe.each(['tsc', 'esbuild'] as const)('standard decorators by %s', (compiler) => {
  let module: typeof import('./fixtures/standard.js');

  beforeAll(async () => {
    module = await compileFixture(standard, { compiler, decorators: 'standard' });
  });

  test('store `accessor` fields, with a setter that works on an instance made for reading', () => {
    const entry = module.registry.of(module.Dial.prototype)!;
    expect(entry.propertiesOf(new module.Dial())).toEqual(['plain', 'level']);
    expect(entry.storedName('level')).toBe('value');
    expect(entry.isWritable('level')).toBe(true);
    const dial = entry.create() as InstanceType<typeof module.Dial>;
    dial.level = 7;
    expect(dial.level).toBe(7);
  });

  test('register what other decorators make of the class, before and after', () => {
    for (const cls of [module.Outer, module.Inner]) {
      const entry = module.registry.of(cls.prototype)!;
      expect(entry.target).toBe(cls);
      expect(entry.propertiesOf(new cls())).toEqual(['a', 'traced']);
      expect(entry.storedName('a')).toBe('first');
    }
  });

  test('are refused where they cannot work', () => {
    for (const [problem, define] of Object.entries(module.misuses)) {
      expect(define, problem).toThrow(module.H5RegistryError);
      expect(define).toThrow(problem);
    }
    expect(module.registry.get('Misuse')).toBeUndefined();
  });
});

describe.each(['tsc', 'esbuild'] as const)('legacy decorators by %s', (compiler) => {
  let module: Legacy;

  beforeAll(async () => {
    module = await compileFixture(legacy, { compiler, decorators: 'legacy' });
  });

  test('register what other decorators have made of the class', () => {
    const entry = module.registry.of(module.Replaced.prototype)!;
    expect(entry.propertiesOf(new module.Replaced())).toEqual(['a', 'traced']);
    expect(entry.storedName('a')).toBe('first');
  });

  test('are refused where they cannot work', () => {
    for (const [problem, define] of Object.entries(module.misuses)) {
      expect(define, problem).toThrow(module.H5RegistryError);
      expect(define).toThrow(problem);
    }
    expect(module.registry.get('Misuse')).toBeUndefined();
  });
});

test('reject what they are given with a code', () => {
  const refused = (code: string) => expect.objectContaining({ name: 'H5RegistryError', code });
  expect(() => H5Class('')).toThrow(refused('H5_REGISTRY_NAME'));
  expect(() => H5Field({ name: '@type' })).toThrow(refused('H5_REGISTRY_NAME'));
  expect(() => H5Ignore()(class {}, 'x')).toThrow(refused('H5_REGISTRY_DECORATOR'));
});

test('a compiler that passes no metadata is named as the cause', () => {
  const context = { kind: 'field', name: 'x', static: false, private: false, metadata: undefined };
  expect(() => H5Field()(undefined, context as unknown as FieldContext)).toThrow(
    expect.objectContaining({
      code: 'H5_REGISTRY_DECORATOR',
      message: expect.stringMatching(/^@H5Field on x: the compiler .* `context\.metadata`; use a newer one/),
    }),
  );
});

test('Symbol.metadata is there once they are loaded, and shows up nowhere', () => {
  expect(Symbol.metadata).toBe(Symbol.for('Symbol.metadata'));
  expect(Object.keys(Symbol)).not.toContain('metadata');
});

// The last ones: reflect-metadata stays loaded in this process.
test('the types that TypeScript and reflect-metadata record are kept', async () => {
  const { registry, Car, Engine } = await compileFixture<LegacyMetadata>(legacyMetadata, {
    compiler: 'tsc',
    decorators: 'legacy',
    emitDecoratorMetadata: true,
  });
  const entry = registry.of(Car.prototype)!;
  const typeOf = (property: string) => entry.ruleFor(property)?.type;
  expect(entry.propertiesOf(new Car())).toEqual([
    'seats',
    'count',
    'built',
    'engine',
    'notes',
    'undeclared',
    'age',
  ]);
  expect(typeOf('count')).toBe(Number);
  expect(typeOf('built')).toBe(Date);
  expect(typeOf('engine')).toBe(Engine);
  expect(typeOf('notes')).toBe(Array);
  expect(typeOf('age')).toBe(Number);
  expect(typeOf('undeclared')).toBeUndefined();
});

test('nothing depends on them: esbuild emits none', async () => {
  const { registry, Car } = await compileFixture<LegacyMetadata>(legacyMetadata, {
    compiler: 'esbuild',
    decorators: 'legacy',
  });
  const entry = registry.of(Car.prototype)!;
  expect(entry.isDeclared('built')).toBe(true);
  expect(entry.ruleFor('built')?.type).toBeUndefined();
});
