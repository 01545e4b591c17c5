/** Instances that are frozen, sealed, or not extensible, and come back so. */
import { H5FormatError } from '../errors.js';

const FIXES = new Map<string, (instance: object) => unknown>([
  ['frozen', Object.freeze],
  ['sealed', Object.seal],
  ['inextensible', Object.preventExtensions],
]);

/** The word for what an instance is that cannot be extended. */
export function integrityOf(instance: object): string {
  if (Object.isFrozen(instance)) return 'frozen';
  return Object.isSealed(instance) ? 'sealed' : 'inextensible';
}

export function fix(instances: readonly object[], integrity: string): void {
  const make = FIXES.get(integrity);
  if (!make) throw new H5FormatError(-1, `an unknown integrity: ${integrity.slice(0, 40)}`);
  for (const instance of instances) {
    // Elements can always be changed; where there are none, nothing can be.
    if (integrity !== 'inextensible' && ArrayBuffer.isView(instance) && instance.byteLength > 0)
      throw new H5FormatError(-1, `a typed array that is ${integrity}, which none can be`);
    make(instance);
  }
}
