import { H5RegistryError } from './errors.js';

const MAX_BYTES = 1000;

/** Control characters, and (in a `u` pattern) surrogates that stand alone, which UTF-8 cannot express. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;

/** Throws unless `name` may stand in a file as a name that the user chose; `what` names it in the message. */
export function checkName(name: unknown, what: string): asserts name is string {
  const flaw = flawOf(name);
  if (flaw !== undefined) throw new H5RegistryError('H5_REGISTRY_NAME', `${what} ${flaw}`);
}

function flawOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return `must be a string, not ${name === null ? 'null' : typeof name}`;
  if (name === '') return 'is empty';
  const { length } = new TextEncoder().encode(name);
  if (length > MAX_BYTES) return `takes ${length} bytes of UTF-8; at most ${MAX_BYTES} are allowed`;
  if (UNSTORABLE.test(name)) return `(${JSON.stringify(name)}) has a control character or a lone surrogate`;
  if (name.startsWith('@')) return `(${JSON.stringify(name)}) starts with "@", which is reserved`;
  return undefined;
}
