import { UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** Keeps an object reference until all objects are known. */
export function noteReference(walk: Walk, object: ObjectRecord, address: number): void {
  if (address === 0 || address === UNDEFINED_ADDRESS) return;
  if (!walk.objects.has(address) && !walk.references.has(address)) walk.references.set(address, object);
}

/** Notes the object references that lead to no object. */
export function checkReferences(walk: Walk): void {
  for (const [address, object] of walk.references) {
    if (walk.objects.has(address)) continue;
    walk.note(
      'dangling-reference',
      address,
      object,
      'an object reference leads to no object that links lead to',
    );
  }
}
