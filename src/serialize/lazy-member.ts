import { extent } from '../hdf5/messages/dataspace.js';
import type { LazyMember } from './restore.js';

/** Datasets of up to so many bytes are read with the object that they are members of. */
const SMALL = 1 << 12;

const LAZY = Symbol.for('h5pickle.lazy');

/** Whether a getter is that of a value that has not been read yet: to the program, it is a value. */
export const isLazy = (get: (() => unknown) | undefined): boolean => get !== undefined && LAZY in get;

/** Makes properties that read their values when they are first asked for, and then are like any others. */
export const lazily =
  (check: (() => void) | undefined): LazyMember =>
  (target, name, cls, member, read) => {
    if (target instanceof Map) return false;
    if (member.kind === 'dataset' && extent(member.dataspace) * member.datatype.size <= SMALL) return false;
    const property = cls ? cls.propertyFor(name) : name;
    // Accessors of a class take a value.
    if (cls && (!cls.isWritable(property) || (cls.isDeclared(property) && property in target))) return false;
    let isRead = false;
    let value: unknown;
    const settle = (settled: unknown): void => {
      value = settled;
      isRead = true;
      if (Object.getOwnPropertyDescriptor(target, property)?.configurable)
        Object.defineProperty(target, property, {
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
    };
    const get = () => {
      if (isRead) return value;
      check?.();
      settle(read());
      return value;
    };
    Object.defineProperty(target, property, {
      get: Object.assign(get, { [LAZY]: true }),
      set: settle,
      enumerable: true,
      configurable: true,
    });
    return true;
  };
