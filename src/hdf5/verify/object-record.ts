import type { Link } from '../messages/link.js';
import type { SymbolTable } from '../messages/symbol-table.js';

/** A path in a finding is at most about so many characters. */
const MAX_PATH = 1000;

/** An object as the walk knows it. */
export class ObjectRecord {
  readonly address: number;
  readonly parent: ObjectRecord | undefined;
  readonly name: string;
  /** The hard links that were found, and uses of a committed datatype, which count as such. */
  found = 0;
  /** What its header says of that; -1 if it cannot be read. */
  count = -1;
  /** Whether there is an object. */
  exists = false;
  /** The links of a group; undefined if they are not all known, or it is none. */
  links: Link[] | undefined;
  symbolTable: SymbolTable | undefined;
  /** The links by name, as soon as they are needed. */
  byName: Map<string, Link> | undefined;

  constructor(address: number, parent: ObjectRecord | undefined, name: string) {
    this.address = address;
    this.parent = parent;
    this.name = name;
  }

  get path(): string {
    if (!this.parent) return this.name;
    const names: string[] = [];
    let length = 0;
    let object: ObjectRecord | undefined = this;
    for (; object?.parent && length < MAX_PATH; object = object.parent) {
      names.push(object.name.length > MAX_PATH ? `${object.name.slice(0, MAX_PATH)}...` : object.name);
      length += object.name.length + 1;
    }
    const start = object?.parent ? '...' : object?.name === '/' ? '' : (object?.name ?? '');
    return `${start}/${names.reverse().join('/')}`;
  }
}
