/** What an object, an array or a Map takes by itself, and each of its members. */
const OBJECT = 48;
const MEMBER = 16;
/** Of what is larger, so many values are looked at, and the rest is taken to be like them. */
const SAMPLE = 32;
/** How deep to look. */
const DEPTH = 4;

/** About how many bytes of memory a value keeps, at a glance: it is asked for each element. */
export function weightOf(value: unknown): number {
  try {
    return weigh(value, DEPTH);
  } catch {
    // A getter or a proxy throws: who plans the value says so, or leaves it out.
    return OBJECT;
  }
}

function weigh(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string':
      return MEMBER + value.length;
    case 'object':
      return value === null ? MEMBER : weighObject(value, depth);
    default:
      return MEMBER;
  }
}

function weighObject(value: object, depth: number): number {
  if (ArrayBuffer.isView(value)) return OBJECT + value.byteLength;
  if (value instanceof ArrayBuffer) return OBJECT + value.byteLength;
  if (typeof Blob === 'function' && value instanceof Blob) return OBJECT + value.size;
  if (depth === 0) return OBJECT;
  if (Array.isArray(value)) {
    const { length } = value as unknown[];
    const step = Math.max(1, Math.floor(length / SAMPLE));
    let weight = 0;
    let looked = 0;
    for (let i = 0; i < length; i += step, looked++) weight += weigh(value[i], depth - 1);
    return OBJECT + (looked > 0 ? (weight / looked) * length : 0);
  }
  if (value instanceof Map || value instanceof Set) {
    let weight = 0;
    let looked = 0;
    for (const [key, item] of value.entries()) {
      weight += weigh(key, depth - 1) + weigh(item, depth - 1);
      if (++looked === SAMPLE) break;
    }
    return OBJECT + (looked > 0 ? (weight / looked) * value.size : 0);
  }
  let weight = OBJECT;
  for (const key in value) weight += weigh((value as Record<string, unknown>)[key], depth - 1);
  return weight;
}
