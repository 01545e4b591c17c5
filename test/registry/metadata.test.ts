import { expect, test } from 'vitest';
import { addRule, type FieldRule, metadataKey, nameOf, rulesOf } from '../../src/registry/metadata.js';

function rule(property: string, name = property, ignored = false): FieldRule {
  return { property, name, ignored, needsConstructor: false };
}

/** What a compiler does to a class with standard decorators. */
function setMetadata(cls: abstract new () => object): object {
  const inherited = (Object.getPrototypeOf(cls) as Record<symbol, object>)[metadataKey()] ?? null;
  const value = Object.create(inherited);
  Object.defineProperty(cls, metadataKey(), { value });
  return value;
}

test('a class without rules has none', () => {
  expect(rulesOf(class {}).size).toBe(0);
});

test('rules come base class first, whichever kind of decorator made them', () => {
  class Legacy {}
  class Undecorated extends Legacy {}
  class Standard extends Undecorated {}
  class Unmarked extends Standard {}
  class LegacyAgain extends Unmarked {}
  addRule(LegacyAgain.prototype, rule('d'));
  addRule(Legacy.prototype, rule('b'));
  addRule(Legacy.prototype, rule('a'));
  addRule(setMetadata(Standard), rule('c'));

  expect([...rulesOf(LegacyAgain).keys()]).toEqual(['b', 'a', 'c', 'd']);
  expect([...rulesOf(Unmarked).keys()]).toEqual(['b', 'a', 'c']);
  expect([...rulesOf(Undecorated).keys()]).toEqual(['b', 'a']);
});

test('a subclass changes a rule for itself, in the place where it stands', () => {
  class Base {}
  class Derived extends Base {}
  const base = setMetadata(Base);
  addRule(base, rule('a'));
  addRule(base, rule('b'));
  addRule(setMetadata(Derived), rule('a', 'renamed'));

  expect([...rulesOf(Derived).values()]).toEqual([rule('a', 'renamed'), rule('b')]);
  expect([...rulesOf(Base).values()]).toEqual([rule('a'), rule('b')]);
});

test('rules live on a prototype of an ES5 class too', () => {
  function Old() {}
  addRule(Old.prototype, rule('a'));
  expect([...rulesOf(Old).keys()]).toEqual(['a']);
});

test('one property, one rule', () => {
  const holder = {};
  addRule(holder, rule('a'));
  addRule(holder, rule('b', 'b', true));
  const refused = expect.objectContaining({ code: 'H5_REGISTRY_FIELD' });
  expect(() => addRule(holder, rule('a', 'other'))).toThrow(refused);
  expect(() => addRule(holder, rule('a', 'a', true))).toThrow('both @H5Field and @H5Ignore');
  expect(() => addRule(holder, rule('b'))).toThrow('both @H5Field and @H5Ignore');
  expect(() => addRule(holder, rule('b', 'b', true))).toThrow('the same decorator twice');
});

test('the names of classes', () => {
  class Point {}
  class Shadowed {
    static name = 7;
    x = 1;
  }
  expect(nameOf(Point)).toBe('Point');
  expect(nameOf((() => class {})())).toBe('(anonymous class)');
  expect(nameOf(Shadowed)).toBe('(anonymous class)');
});
