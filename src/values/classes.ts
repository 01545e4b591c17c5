/** How instances are stored and read of classes that have changed, say themselves what is stored, or what fields hold. */
import { H5FormatError } from '../errors.js';
import {
  type Codec,
  type Content,
  type Decoder,
  type Encoder,
  H5RegistryError,
  type RegisteredClass,
} from '../registry/index.js';
import { contentOf, type Dict, Fields, objectOf } from './fields.js';
import { checkHeld } from './held.js';

/** `inner`: how a class is stored that extends a type whose content is not in its properties. */
export function encoderOf(cls: RegisteredClass, inner: Encoder | undefined): Encoder | undefined {
  const { name } = cls;
  const fields = new Fields(cls);
  const own: Encoder | undefined = fields.writes
    ? { name, encode: (instance) => contentOf(fields.of(instance)) }
    : undefined;
  const encoder = inner ?? own;
  if (!cls.expected.some(({ as }) => as)) return encoder;
  return {
    name,
    encode(instance) {
      checkHeld(cls, instance);
      return encoder ? encoder.encode(instance) : instance;
    },
  };
}

export function decoderOf(
  cls: RegisteredClass,
  version: number,
  inner: Codec | undefined,
  always: boolean,
): Decoder | undefined {
  const { name, migrate, afterRead, expected } = cls;
  const fields = new Fields(cls);
  const isOld = migrate !== undefined && version !== cls.version;
  if (!isOld && !afterRead && expected.length === 0 && !fields.reads && !always) return inner;
  const migrated = (content: Content | Dict): Content | Dict => {
    if (!isOld) return content;
    const result: unknown = migrate(objectOf(content) as Record<string, unknown>, version);
    if (typeof result === 'object' && result !== null) return result as Content;
    throw new H5RegistryError('H5_REGISTRY_CLASS', `\`migrate\` of class ${name} returned no object`);
  };
  const finish = (instance: object, content: Content | Dict): void => {
    for (const { property, name: stored, aliases = [], default: otherwise, required } of expected) {
      if ([stored, ...aliases].some((each) => has(content, each))) continue;
      if (otherwise !== undefined) {
        const value: unknown = typeof otherwise === 'function' ? otherwise() : otherwise;
        fields.setOne(instance, stored, value);
      } else if (required) {
        const message = `an instance of class ${name} in the file has no ${JSON.stringify(stored)}, which is required (property ${String(property)})`;
        throw new H5FormatError(-1, message);
      }
    }
    checkHeld(cls, instance);
    afterRead?.(instance as never);
  };
  const ordered = fields.reads !== undefined;
  const decode = inner?.create ? undefined : inner?.decode?.bind(inner);
  if (fields.reads === 'static' || decode) {
    return {
      name,
      ordered,
      decode(content) {
        const data = migrated(content);
        if (fields.reads !== 'static') {
          const instance = (decode as Required<Decoder>['decode'])(objectOf(data));
          finish(instance, data);
          return instance;
        }
        const instance = fields.make(data);
        inner?.fill?.(instance, objectOf(data), version);
        finish(instance, data);
        return instance;
      },
    };
  }
  return {
    name,
    ordered,
    create: () => inner?.create?.() ?? cls.create(),
    fill(instance, content) {
      const data = migrated(content);
      if (inner) inner.fill?.(instance, objectOf(data), version);
      else fields.set(instance, data);
      finish(instance, data);
    },
  };
}

function has(content: Content | Dict, name: string): boolean {
  return content instanceof Map ? content.has(name) : Object.hasOwn(content, name);
}
