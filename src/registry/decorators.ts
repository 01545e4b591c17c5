import { H5RegistryError } from './errors.js';
import type { FieldStorage } from './field-storage.js';
import { addRule, type Class, type FieldRule, metadataKey } from './metadata.js';
import { checkName } from './names.js';
import type { RegisterOptions } from './registered-class.js';
import { defaultRegistry, type TypeRegistry } from './type-registry.js';

// Code that TypeScript emits passes `context.metadata` to standard decorators only where this symbol exists
// when the class is defined, and no engine has it yet. A class that uses these decorators has loaded this
// module before; for any other program it makes no difference whether the line below runs.
if (!('metadata' in Symbol)) Reflect.defineProperty(Symbol, 'metadata', { value: metadataKey() });

/**
 * How to store a class, for `@H5Class`: see `RegisterOptions`.
 *
 * @example
 * const options: ClassOptions<Point> = { version: 2, create: () => new Point(0, 0) };
 */
export interface ClassOptions<T extends object = object>
  extends Pick<RegisterOptions<T>, 'version' | 'create' | 'construct' | 'aliases' | 'migrate' | 'afterRead'> {
  /** Where to register it; by default in `defaultRegistry`. */
  readonly registry?: TypeRegistry | undefined;
}

/**
 * How to store a property, for `@H5Field`.
 *
 * @example
 * const options: FieldOptions = { name: 'radius', dtype: 'f4' };
 */
export interface FieldOptions extends FieldStorage {
  /** What the file calls it; by default, the name of the property. */
  readonly name?: string | undefined;
  /** What it was called in files before. */
  readonly aliases?: readonly string[] | undefined;
  /** What it gets when a file does not have it; of a function, what that returns: an object is made anew for each instance. */
  readonly default?: unknown;
  /** Refuses a file that does not have it, and to store an instance that does not. */
  readonly required?: boolean | undefined;
  /**
   * The class of its value, or of the elements of the array, Set or Map that it is, at any depth. What else it holds when it
   * is stored, but null and undefined, is an error; and what a file holds there without saying a class is read as this one.
   */
  readonly as?: (() => Class) | undefined;
  /** `false`: it is made again as a property that is not enumerable. */
  readonly enumerable?: boolean | undefined;
}

/**
 * What `@H5Class` returns: a decorator for a class, of the standard kind and of the legacy kind.
 *
 * @example
 * const entity = (name: string): H5ClassDecorator<object> => H5Class(`shop.${name}`);
 */
export type H5ClassDecorator<T extends object> = (target: Class<T>, context?: H5ClassContext) => void;

/**
 * What `@H5Field` and `@H5Ignore` return: a decorator for a property, standard and legacy.
 *
 * @example
 * const secret: H5MemberDecorator = H5Ignore();
 */
export interface H5MemberDecorator {
  (value: unknown, context: H5MemberContext & { readonly name: string }): void;
  (prototype: object, property: string, descriptor?: PropertyDescriptor): void;
}

/**
 * What `@H5Field` returns when it is given a name: then the property itself may be named by a symbol.
 *
 * @example
 * const key = Symbol('key');
 * const named: H5NamedMemberDecorator = H5Field({ name: 'key' });
 */
export interface H5NamedMemberDecorator {
  (value: unknown, context: H5MemberContext): void;
  (prototype: object, property: string | symbol, descriptor?: PropertyDescriptor): void;
}

/** What is used of a `ClassDecoratorContext`, which itself excludes classes with a private constructor. */
export interface H5ClassContext {
  readonly kind: 'class';
  addInitializer(initializer: (this: never) => void): void;
}

/** What is used of the context of a decorator of a property, which is neither static nor private. */
export type H5MemberContext = (
  | ClassFieldDecoratorContext
  | ClassAccessorDecoratorContext
  | ClassGetterDecoratorContext
  | ClassSetterDecoratorContext
) & { readonly static: false; readonly private: false };

/**
 * Registers a class, under the name that files have for it.
 *
 * Among legacy decorators that replace the class by another one, write it first, so that it is applied last.
 *
 * @throws {H5RegistryError} as `TypeRegistry.register` does, when the class is defined.
 * @example
 * export @H5Class('geometry.Point', { version: 2 }) class Point {
 *   constructor(public x: number, public y: number) {}
 * }
 */
export function H5Class<T extends object = object>(
  name: string,
  options: ClassOptions<T> = {},
): H5ClassDecorator<T> {
  checkName(name, 'the name given to @H5Class');
  const { registry = defaultRegistry, ...rest } = options;
  return (target, context) => {
    if (context === undefined) {
      registry.register(target, { ...rest, name });
      return;
    }
    // Decorators that are still to come may replace the class. Initializers run last, on what it is then.
    context.addInitializer(function (this: Class<T>) {
      registry.register(this, { ...rest, name });
    });
  };
}

/**
 * Declares a property to be stored: to give it another name in the file, or because it would not be stored
 * otherwise, being a getter, an `accessor` or not enumerable. Subclasses inherit the rule and may change it.
 *
 * A getter without a setter is stored for other readers of the file, and skipped when it is read.
 *
 * @throws {H5RegistryError} on methods, static and private members, and on members that are named by a symbol and have
 * no `name`, when the class is defined.
 * @example
 * class Square { @H5Field({ name: 'edge' }) a = 1; @H5Field() get area() { return this.a ** 2; } }
 */
export function H5Field(options: FieldOptions & { readonly name: string }): H5NamedMemberDecorator;
export function H5Field(options?: FieldOptions): H5MemberDecorator;
export function H5Field(options: FieldOptions = {}, misplaced?: unknown): H5NamedMemberDecorator {
  checkCalled('@H5Field', misplaced);
  const { name, ...rest } = options;
  if (name !== undefined) checkName(name, 'the name given to @H5Field');
  return memberDecorator('@H5Field', { ...rest, name, ignored: false });
}

/**
 * Leaves a property out: it is not stored, and not set when a file has it all the same. Subclasses inherit
 * the rule and may lift it with `@H5Field`.
 *
 * @throws {H5RegistryError} on methods, static, private and symbol-keyed members, when the class is defined.
 * @example
 * class Account { name = ''; @H5Ignore() session?: Session; }
 */
export function H5Ignore(): H5MemberDecorator;
export function H5Ignore(_?: unknown, misplaced?: unknown): H5MemberDecorator {
  checkCalled('@H5Ignore', misplaced);
  return memberDecorator('@H5Ignore', { ignored: true });
}

/** `@H5Field` without its parentheses would pass for a decorator itself, and quietly do something else. */
function checkCalled(decorator: string, misplaced: unknown): void {
  if (misplaced !== undefined) throw decoratorError(`write ${decorator}(), with parentheses`);
}

/** What both kinds of decorator are told about the member that they stand on. */
interface Member {
  /** What the rules of its class are kept by. */
  readonly holder: object | undefined;
  readonly property: string | symbol;
  readonly kind: string;
  readonly isStatic: boolean;
  readonly isPrivate: boolean;
  readonly type?: Class | undefined;
}

function memberDecorator(
  decorator: string,
  rule: Omit<FieldRule, 'property' | 'needsConstructor' | 'type' | 'name'> & Pick<FieldOptions, 'name'>,
): H5NamedMemberDecorator {
  return (target: unknown, at: H5MemberContext | string | symbol, descriptor?: PropertyDescriptor): void => {
    const member =
      typeof at === 'object' ? standardMember(at) : legacyMember(target as object, at, descriptor);
    const { holder, property, kind, type } = member;
    const where = `${decorator} on ${String(property)}`;
    const name = rule.name ?? property;
    const problem = problemOf(member, name);
    if (problem !== undefined) throw decoratorError(`${where}: it cannot be on ${problem}`);
    if (holder === undefined) throw decoratorError(`${where}: ${NO_METADATA}`);
    addRule(holder, {
      ...rule,
      property,
      name: name as string,
      needsConstructor: kind === 'accessor',
      type,
    });
  };
}

function standardMember(context: H5MemberContext): Member {
  const { name, kind, metadata, static: isStatic, private: isPrivate } = context;
  return { holder: metadata, property: name, kind, isStatic, isPrivate };
}

function legacyMember(
  target: object,
  property: string | symbol,
  descriptor: PropertyDescriptor | undefined,
): Member {
  return {
    holder: target,
    property,
    kind: typeof descriptor?.value === 'function' ? 'method' : 'field',
    isStatic: typeof target === 'function',
    isPrivate: false,
    type: designType(target, property),
  };
}

function problemOf(
  { property, kind, isStatic, isPrivate }: Member,
  name: string | symbol,
): string | undefined {
  // The types do not let these two pass; compilers that do not check types do.
  if (property === undefined) return 'a parameter';
  if (typeof name === 'symbol') return 'a member that is named by a symbol and has no `name`';
  if (kind === 'method') return 'a method';
  if (isStatic) return 'a static member';
  // An empty instance is made without the constructor, and so without private members that could be set.
  if (isPrivate) return 'a private member';
  return undefined;
}

const NO_METADATA =
  'the compiler supplies no `context.metadata`; use a newer one, legacy decorators, or TypeRegistry.register';

function decoratorError(message: string): H5RegistryError {
  return new H5RegistryError('H5_REGISTRY_DECORATOR', message);
}

/** The type that the compiler has noted for a property, when `reflect-metadata` is loaded to take notes. */
function designType(prototype: object, property: string | symbol): Class | undefined {
  const { getMetadata } = Reflect as {
    getMetadata?: (key: string, target: object, property: string | symbol) => unknown;
  };
  const type = getMetadata?.('design:type', prototype, property);
  return typeof type === 'function' ? (type as unknown as Class) : undefined;
}
