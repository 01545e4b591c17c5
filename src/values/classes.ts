/** How instances are stored and read of classes that have changed, or say themselves what is stored, or what fields hold. */
import { H5FormatError } from '../errors.js';
import {
  type Class,
  type Codec,
  type Content,
  type Decoder,
  type Encoder,
  H5RegistryError,
  type RegisteredClass,
  type Spend,
  type TypeRegistry,
} from '../registry/index.js';
import { isContent, noContent } from '../serialize/complete-planner.js';
import { atOnce } from '../serialize/complete-restorer.js';
import { contentOf, Fields } from './fields.js';
import { checkHeld, converted, type Parts, readHeld } from './held.js';
import { unread } from './located.js';

/** How a class is stored that extends a type whose content is not in its properties. */
export type InnerOf = (cls: RegisteredClass) => Codec | undefined;

export function encoderOf(cls: RegisteredClass, innerOf: InnerOf): Encoder | undefined {
  const { name } = cls;
  const fields = new Fields(cls);
  const encoder: Encoder | undefined =
    innerOf(cls) ??
    (fields.writes ? { name, encode: (instance) => contentOf(fields.of(instance)) } : undefined);
  if (!cls.declared.some(({ as, required }) => as || (required && !fields.writes))) return encoder;
  return {
    name,
    checks: !encoder,
    encode(instance) {
      checkHeld(cls, instance);
      return encoder ? encoder.encode(instance) : instance;
    },
  };
}

/** What was found for a class: programs read many instances of few classes. */
interface Known {
  readonly version: number;
  readonly registry: TypeRegistry;
  readonly decoder: Decoder | undefined;
}

/** Makes instances again, in the versions that files have of them. */
export class ClassDecoders {
  readonly #innerOf: InnerOf;
  readonly #hasHooks: boolean;
  readonly #known = new WeakMap<RegisteredClass, Known>();

  /** `hasHooks`: whether `afterRead` is called. */
  constructor(innerOf: InnerOf, hasHooks = true) {
    this.#innerOf = innerOf;
    this.#hasHooks = hasHooks;
  }

  decoder(cls: RegisteredClass, version: number, registry: TypeRegistry): Decoder | undefined {
    const known = this.#known.get(cls);
    if (known && known.version === version && known.registry === registry) return known.decoder;
    const decoder = this.#decoderOf(cls, version, registry);
    this.#known.set(cls, { version, registry, decoder });
    return decoder;
  }

  /** The instance of a class that a plain object is to be; what is none is returned as it is. */
  instance(value: unknown, wanted: Class, registry: TypeRegistry, spend: Spend): unknown {
    try {
      return converted(value, wanted, (cls) => this.#partsFor(cls, registry), '', undefined, spend);
    } catch (error) {
      throw unread(error, '$', '');
    }
  }

  #decoderOf(cls: RegisteredClass, version: number, registry: TypeRegistry): Decoder | undefined {
    const parts = this.#partsOf(cls, version, registry);
    if (!parts.isNeeded) return parts.inner;
    const { make } = parts;
    if (make) {
      return {
        name: cls.name,
        decode(content, spend) {
          const data = parts.prepare(content, undefined, spend);
          const instance = make(data, spend);
          parts.finish(instance, data, spend);
          return instance;
        },
      };
    }
    return {
      name: cls.name,
      create: parts.create,
      fill(instance, content, _, spend) {
        const data = parts.prepare(content, undefined, spend);
        parts.fill(instance, data, spend);
        parts.finish(instance, data, spend);
      },
    };
  }

  /** The parts of what makes an instance of a plain object: taken for one of today's version. */
  #partsFor(wanted: Class, registry: TypeRegistry): Parts | undefined {
    const cls = registry.of(wanted.prototype);
    if (!cls) return undefined;
    const { codec } = cls;
    if (!codec) return this.#partsOf(cls, cls.version, registry);
    const { name, version } = cls;
    return {
      name,
      prepare: (content) => content,
      make: codec.create
        ? undefined
        : (content, spend) => atOnce((codec as Required<Codec>).decode(content, spend), 'decode of', name),
      create: () => (codec as Required<Codec>).create(),
      fill: (instance, content, spend) =>
        atOnce(codec.fill?.(instance, content, version, spend), 'fill of', name),
      finish() {},
    };
  }

  #partsOf(cls: RegisteredClass, version: number, registry: TypeRegistry) {
    const { name, migrate, declared } = cls;
    const afterRead = this.#hasHooks ? cls.afterRead : undefined;
    const inner = this.#innerOf(cls);
    const fields = new Fields(cls);
    const partsFor = (wanted: Class) => this.#partsFor(wanted, registry);
    const isOld = migrate !== undefined && version !== cls.version;
    const held = declared.filter(({ as, type }) => as || (type && registry.of(type.prototype)));
    const expected = declared.filter((rule) => rule.required || rule.default !== undefined);
    const isNeeded =
      isOld ||
      afterRead !== undefined ||
      fields.writes ||
      fields.reads !== undefined ||
      held.length + expected.length > 0 ||
      declared.some(({ enumerable }) => enumerable === false);

    const migrated = (content: Content, spend: Spend): Content => {
      if (!isOld) return content;
      const result: unknown = migrate(fields.flat(content, spend) as Record<string, unknown>, version);
      if (isContent(result)) return result as Content;
      throw new H5RegistryError(
        'H5_REGISTRY_CLASS',
        `\`migrate\` of class ${name} returned ${noContent(result)}`,
      );
    };
    const fill = (instance: object, content: Content, spend: Spend): void => {
      if (inner?.fill) inner.fill(instance, content, version, spend);
      else fields.set(instance, content, spend);
    };
    let make: Parts['make'];
    if (fields.reads === 'static') {
      make = (content, spend) => {
        const instance = fields.make(content, spend);
        if (inner?.fill) fill(instance, content, spend);
        return instance;
      };
    } else if (inner?.decode) make = inner.decode.bind(inner);
    return {
      name,
      inner,
      isNeeded,
      make,
      create: () => inner?.create?.() ?? cls.create(),
      fill,
      prepare(content, owner, spend) {
        const data = migrated(content, spend);
        if (held.length === 0) return data;
        const all = fields.flat(data, spend);
        readHeld(all, held, partsFor, owner, spend);
        const entries = fields.entriesIn(data);
        for (const entry of entries?.keys() ?? []) entries?.set(entry, all[entry]);
        return data;
      },
      finish(instance, content, spend) {
        const all = expected.length > 0 ? fields.flat(content, spend) : content;
        for (const { property, name: stored, aliases = [], default: otherwise, required } of expected) {
          if ([stored, ...aliases].some((each) => Object.hasOwn(all, each))) continue;
          if (otherwise !== undefined) {
            const value: unknown = typeof otherwise === 'function' ? otherwise() : otherwise;
            fields.setOne(instance, stored, value);
          } else if (required) {
            const message = `an instance of class ${name} in the file has no ${JSON.stringify(stored)}, which is required (property ${String(property)})`;
            throw new H5FormatError(-1, message);
          }
        }
        if (afterRead) atOnce(settled(afterRead(instance as never)), 'afterRead of class', name);
      },
    } satisfies Parts & { inner: Codec | undefined; isNeeded: boolean };
  }
}

/** As a promise, what can be waited for. */
function settled(result: unknown): unknown {
  const { then } = (result ?? {}) as { then?: unknown };
  return typeof then === 'function' ? Promise.resolve(result) : result;
}
