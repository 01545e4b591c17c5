import { H5PathError } from '../errors.js';
import type { Elements } from '../hdf5/elements.js';
import type { Attribute } from '../hdf5/messages/attribute.js';
import { extent } from '../hdf5/messages/dataspace.js';
import type { DatasetInfo, GroupInfo, ObjectInfo } from '../hdf5/object.js';
import { rawData } from '../hdf5/raw-data.js';
import { entryOf, h5write, hasEntry, keysOf, membersOf, type RegisteredClass } from '../registry/index.js';
import { TYPED_ARRAYS, type TypedArray } from './kinds.js';
import { Encoding, Missing, Reserved, Tag } from './layout.js';
import { escapeName, unescapeName } from './names.js';
import { newArray } from './new-array.js';
import { indexOf, mapKey, numberIn, rangeOf, type Step, showPath } from './part-path.js';
import {
  addressOf,
  applyMask,
  asArray,
  child,
  fail,
  fillArray,
  find,
  hardTarget,
  isElement,
  isMissing,
  isReserved,
  type Restorer,
  splitRows,
  tagOf,
  typedColumn,
} from './restore.js';
import { makeRows, setColumn } from './rows.js';

/** Where a way through a file has come to. */
type Place =
  /** A value that is there; or several of them, in a list, from each of which the way goes on. */
  | { readonly at: 'value'; readonly value: unknown; readonly isParted?: true }
  /** An HDF5 object. */
  | { readonly at: 'object'; readonly address: number }
  /** Elements of a vector, missing ones counted: one of them, which a row may lack, or several, as a list or a typed array. */
  | {
      readonly at: 'elements';
      readonly vector: number;
      readonly start: number;
      readonly count: number;
      readonly as: 'one' | 'cell' | 'list' | 'column' | 'typed';
      /** The typed array that they are of, where it can be another one than that of their datatype. */
      readonly items?: string | undefined;
    }
  /** Nothing, where a way has parted: other parts of it may lead somewhere. */
  | { readonly at: 'missing'; readonly error: H5PathError }
  /** What came of a way that parted. */
  | {
      readonly at: 'many';
      readonly as: 'list' | 'object' | 'map';
      readonly keys: readonly unknown[];
      readonly places: readonly Place[];
    };

const NO_PROPERTY = 'the object has no such property';
const NO_KEY = 'the Map has no such key';
const ELSEWHERE = 'it is a soft or an external link, which is no part of the value';

/** Vectors within vectors; deeper ones are read whole. */
const MAX_DEPTH = 64;

/** The value at the end of a way through the value of an object: what is beside the way is not read. */
export function readPart(restorer: Restorer, root: number, steps: readonly Step[]): unknown {
  restorer.root = root;
  return new PartReader(restorer).read(root, steps);
}

class PartReader {
  readonly #file: Restorer;
  /** Whether the elements of a vector can be made without the others, by its address. */
  readonly #pure = new Map<number, boolean>();
  /** Whether what is referred to from elsewhere is among the elements of a vector, by its address. */
  readonly #referred = new Map<number, boolean>();
  /** Where a way has parted: elements that were made without the others, by the vector and the first of them. */
  #slices: Map<number, Map<number, Elements>> | undefined;
  #steps: readonly Step[] = [];
  #done = 0;
  /** Those that say that a way leads nowhere. */
  readonly #errors = new WeakSet<object>();

  constructor(file: Restorer) {
    this.#file = file;
  }

  // These are whole: all that they lead to is there as well.

  #wholeScalar(attribute: Attribute, info: ObjectInfo): unknown {
    return this.#file.whole(() => this.#file.scalar(attribute, info));
  }

  #wholeValue(address: number): unknown {
    return this.#file.whole(() => this.#file.value(address));
  }

  #wholeElements(vector: number): Elements {
    return this.#file.whole(() => this.#file.vector(vector).elements);
  }

  read(root: number, steps: readonly Step[]): unknown {
    this.#steps = steps;
    const info = this.#file.info(root);
    this.#file.checkLayout(info);
    let place: Place = { at: 'object', address: root };
    if (info.kind === 'group' && this.#file.word(info, Reserved.encoding) === Encoding.value)
      place = this.#member(info, undefined, 'value') ?? place;
    for (const step of steps) {
      this.#done++;
      place = this.#step(place, step);
    }
    // What these hold is what elements beside them may be.
    this.#readObjects(place);
    return this.#value(place);
  }

  #readObjects(place: Place): void {
    if (place.at !== 'many') return;
    for (const each of place.places) {
      if (each?.at === 'object') this.#wholeValue(each.address);
      else if (each) this.#readObjects(each);
    }
  }

  // ---- ends -----------------------------------------------------------------------------------------

  #value(place: Place): unknown {
    switch (place.at) {
      case 'value':
        return place.value;
      case 'object':
        return this.#wholeValue(place.address);
      case 'missing':
        throw place.error;
      case 'many': {
        this.#slices ??= new Map();
        const values: unknown[] = [];
        values.length = place.places.length;
        let missing: H5PathError | undefined;
        let isAny = place.places.length === 0;
        for (const [i, each] of place.places.entries()) {
          // A slice of a list with holes has them too.
          if (!(i in place.places)) continue;
          const error = this.#tried(() => {
            values[i] = this.#value(each);
          });
          missing ??= error;
          isAny ||= error === undefined;
        }
        // It may be misspelt.
        if (missing && !isAny) throw missing;
        if (place.as === 'list') return values;
        const entries = place.keys.flatMap((key, i) => (i in values ? [[key, values[i]] as const] : []));
        return place.as === 'map' ? new Map(entries) : Object.fromEntries(entries as [string, unknown][]);
      }
      default: {
        const { vector, items } = place;
        let elements = this.#elementsOf(vector, place.start, place.count);
        if (items !== undefined) elements = typedColumn(elements, items, this.#file.info(vector)) as Elements;
        if (place.as === 'cell' && !(0 in elements)) this.#missing(NO_PROPERTY);
        if (place.as === 'one' || place.as === 'cell') return elements[0];
        const isNone = elements.length > 0 && !(elements as unknown[]).some(() => true);
        if (place.as === 'column' && isNone) this.#missing(NO_PROPERTY);
        return place.as === 'typed' ? (elements as TypedArray).slice() : asArray(elements);
      }
    }
  }

  /** Does what may lead nowhere, and returns the error that says so. */
  #tried(action: () => void): H5PathError | undefined {
    try {
      action();
    } catch (error) {
      // What code of a class throws is another one.
      if (!this.#errors.has(error as object)) throw error;
      return error as H5PathError;
    }
    return undefined;
  }

  /** A step from one of several places. */
  #tryStep(step: () => Place): Place {
    let place: Place | undefined;
    const error = this.#tried(() => {
      place = step();
    });
    return error ? { at: 'missing', error } : (place as Place);
  }

  #elementsOf(vector: number, start: number, count: number): Elements {
    if (!this.#isPure(vector)) return this.#wholeElements(vector).slice(start, start + count);
    const slices = this.#slices;
    if (!slices || this.#isLeaf(vector)) return this.#slice(vector, start, count);
    // What is one object is one, whichever of the ways that have parted lead to it.
    if (this.#file.vectors.has(vector) || this.#isReferred(vector))
      return this.#wholeElements(vector).slice(start, start + count);
    const known = slices.get(vector) ?? new Map<number, Elements>();
    slices.set(vector, known);
    let elements = known.get(start);
    if (elements?.length !== count) {
      elements = this.#slice(vector, start, count);
      known.set(start, elements);
    }
    // It may become a list that is given out.
    return elements.slice();
  }

  /** Whether the elements of a vector are no objects. */
  #isLeaf(vector: number): boolean {
    const info = this.#file.info(vector);
    return info.kind === 'dataset' && info.dataspace.dims.length === 1 && tagOf(info.datatype) !== Tag.date;
  }

  /** Of a vector whose elements can be made without the others. */
  #isReferred(vector: number): boolean {
    const known = this.#referred.get(vector);
    if (known !== undefined) return known;
    const info = this.#file.info(vector);
    const isReferred =
      find(info, Reserved.referenced) !== undefined ||
      (info.kind === 'group' && info.links.some((link) => this.#isReferred(hardTarget(info, link))));
    this.#referred.set(vector, isReferred);
    return isReferred;
  }

  // ---- steps ----------------------------------------------------------------------------------------

  #step(place: Place, step: Step): Place {
    switch (place.at) {
      case 'value':
        return place.isParted
          ? this.#step(many('list', [], Array.from(place.value as ArrayLike<unknown>)), step)
          : this.#stepInto(place.value, step);
      case 'object':
        return this.#stepObject(place.address, step);
      case 'missing':
        return place;
      case 'many':
        this.#slices ??= new Map();
        return {
          ...place,
          // Where a list has a hole, nothing goes on.
          places: Array.from(place.places, (each: Place | undefined) =>
            this.#tryStep(() => (each ? this.#step(each, step) : this.#stepInto(undefined, step))),
          ),
        };
      default:
        return this.#stepElements(place, step);
    }
  }

  /** Through an HDF5 object. */
  #stepObject(address: number, step: Step): Place {
    const file = this.#file;
    const info = file.info(address);
    const whole = () => this.#stepInto(this.#wholeValue(address), step);
    const type = file.word(info, Reserved.type);
    if (info.kind === 'datatype' || type === 'Set') return whole();
    if (info.kind === 'dataset') {
      if (!isPlain(info) || file.isReferences(info)) return whole();
      if (type === 'Array') return this.#stepList(address, step);
      return type === undefined ? this.#stepArray(info, step) : whole();
    }
    const encoding = file.word(info, Reserved.encoding);
    if (encoding === undefined || encoding === Encoding.entries) {
      const cls = file.classOf(info);
      if (file.codec(info, cls, type)) return whole();
      if (isComputed(cls, step.key)) return whole();
      const isRange = rangeOf(step, 0) !== undefined;
      if (isRange)
        return encoding === undefined && step.key === '*' ? this.#parted(info, cls, type) : whole();
      const found =
        encoding === Encoding.entries
          ? this.#entry(info, type === 'Map' ? undefined : cls, step)
          : this.#member(info, cls, step.key);
      if (found) return found;
      // Not all is read only to find that it is not there.
      if (!hasOnlyMembers(cls, type, step.key)) return whole();
      return this.#missing(type === 'Map' ? NO_KEY : this.#isElsewhere(info, step) ? ELSEWHERE : NO_PROPERTY);
    }
    return encoding === Encoding.sparse ? whole() : this.#stepList(address, step);
  }

  /** Whether a link of a group leads to what is no part of the value. */
  #isElsewhere({ links, linkTable }: GroupInfo, { key }: Step): boolean {
    const name = escapeName(String(key));
    const link = linkTable ? linkTable.get(name) : links.find((each) => each.name === name);
    return link !== undefined && link.kind !== 'hard';
  }

  /** All members of an object or a Map. */
  #parted(info: GroupInfo, cls: RegisteredClass | undefined, type: string | undefined): Place {
    const members: [number, unknown, Place][] = [];
    const linked = new Set(info.links.map(({ kind, name }) => kind === 'hard' && name));
    for (const attribute of info.attributes) {
      if (isReserved(attribute.name) || linked.has(attribute.name)) continue;
      const place = this.#scalar(attribute, info);
      members.push([attribute.order, propertyOf(attribute.name, cls), place]);
    }
    for (const link of info.links)
      if (link.kind === 'hard' && !isReserved(link.name))
        members.push([link.order, propertyOf(link.name, cls), { at: 'object', address: link.address }]);
    members.sort(([a], [b]) => a - b);
    for (const member of members) {
      const key = member[1] as string;
      if (isComputed(cls, key))
        member[2] = this.#stepInto(this.#wholeValue(info.address), { key, isText: false });
    }
    return {
      at: 'many',
      as: type === 'Map' ? 'map' : 'object',
      keys: members.map((each) => each[1]),
      places: members.map((each) => each[2]),
    };
  }

  /** Through a list that is an HDF5 object. */
  #stepList(vector: number, step: Step): Place {
    const length = this.#lengthOf(vector);
    if (step.key === 'length') return { at: 'value', value: length };
    const range = rangeOf(step, length);
    if (range) {
      const [start, end] = range;
      return { at: 'elements', vector, start, count: end - start, as: 'list' };
    }
    const start = indexOf(step, length);
    if (start === undefined) this.#missing(`the list has ${length} elements`);
    return { at: 'elements', vector, start, count: 1, as: 'one' };
  }

  /** Through an array of numbers, or what another program has stored: of several axes, the first one. */
  #stepArray(info: DatasetInfo, step: Step): Place {
    const [length = 0, ...inner] = info.dataspace.dims;
    if (step.key === 'length') return { at: 'value', value: length };
    const [start, end] = rangeOf(step, length) ?? [indexOf(step, length), undefined];
    if (start === undefined) this.#missing(`the list has ${length} elements`);
    const count = (end ?? start + 1) - start;
    const width = inner.reduce((product, dim) => product * dim, 1);
    this.#file.spend(count * width * info.datatype.size);
    const bytes = this.#bytes(info, start, count, width);
    const rows = this.#file.nested(this.#file.leaf(info.datatype, bytes, count * width), [count, ...inner]);
    return end === undefined ? { at: 'value', value: rows[0] } : { at: 'value', value: rows, isParted: true };
  }

  #stepElements(place: Place & { at: 'elements' }, step: Step): Place {
    const { vector, start, count, as } = place;
    if (as === 'one' || as === 'cell') return this.#stepElement(vector, start, step);
    const column = this.#column(vector, start, count, step);
    if (column) return column;
    this.#slices ??= new Map();
    const places =
      this.#isCounted(vector) || this.#isComputedIn(vector, step)
        ? Array.from(this.#elementsOf(vector, start, count), (element) =>
            this.#tryStep(() => this.#stepInto(element, step)),
          )
        : Array.from({ length: count }, (_, i) =>
            this.#tryStep(() => this.#stepElement(vector, start + i, step)),
          );
    return { at: 'many', as: 'list', keys: [], places };
  }

  /** Whether to find one element takes a look at all before it: then several are better made together. */
  #isCounted(vector: number): boolean {
    const info = this.#file.info(vector);
    if (info.kind !== 'group') return false;
    return (
      this.#file.word(info, Reserved.encoding) === Encoding.union || this.#file.maskOf(info) !== undefined
    );
  }

  /** Whether a step leads to what the rows of a table compute. */
  #isComputedIn(vector: number, { key }: Step): boolean {
    const info = this.#file.info(vector);
    return info.kind === 'group' && isComputed(this.#file.classOf(info), key);
  }

  /** A column of several rows of a table, none of them missing. */
  #column(vector: number, start: number, count: number, { key }: Step): Place | undefined {
    const file = this.#file;
    const info = file.info(vector);
    if (info.kind !== 'group' || file.word(info, Reserved.encoding) !== Encoding.records) return undefined;
    const cls = file.classOf(info);
    if (file.codec(info, cls, file.word(info, Reserved.items)) || isComputed(cls, key)) return undefined;
    const mask = file.maskOf(info);
    const first = rank(mask, start);
    if (rank(mask, start + count) - first !== count) return undefined;
    const link = info.links.find(({ name }) => propertyOf(name, cls) === key);
    if (!link) return undefined;
    return { at: 'elements', vector: hardTarget(info, link), start: first, count, as: 'column' };
  }

  /** Through one element of a vector. */
  #stepElement(vector: number, index: number, step: Step, depth = 0): Place {
    const file = this.#file;
    const info = file.info(vector);
    const whole = () => this.#stepInto(this.#elementsOf(vector, index, 1)[0], step);
    if (info.kind !== 'group') return whole();
    const mask = file.maskOf(info);
    if (mask && mask[index] !== Missing.present) return whole();
    const row = rank(mask, index);
    switch (file.word(info, Reserved.encoding)) {
      case Encoding.list: {
        const link = info.links[row];
        return link ? this.#stepObject(hardTarget(info, link), step) : whole();
      }
      case Encoding.union: {
        const kinds = this.#positions(info, '@kinds', 0, row + 1);
        const kind = kinds[row] as number;
        let before = 0;
        for (let i = 0; i < row; i++) if (kinds[i] === kind) before++;
        const part = info.links.filter(({ name }) => name !== '@kinds')[kind];
        // It may be a part of itself, in a file that somebody has made so.
        if (depth > MAX_DEPTH) fail(info, 'unions within unions');
        return part ? this.#stepElement(hardTarget(info, part), before, step, depth + 1) : whole();
      }
      case Encoding.records: {
        const cls = file.classOf(info);
        if (file.codec(info, cls, file.word(info, Reserved.items)) || isComputed(cls, step.key))
          return whole();
        const link = info.links.find(({ name }) => propertyOf(name, cls) === step.key);
        if (!link) return whole();
        return { at: 'elements', vector: hardTarget(info, link), start: row, count: 1, as: 'cell' };
      }
      case Encoding.ragged: {
        const items = file.word(info, Reserved.items) ?? 'Array';
        if (items === 'Set' || items === 'Map') return whole();
        const [start = 0, end = 0] = this.#positions(info, 'offsets', row, 2);
        const length = end - start;
        const values = child(info, 'values');
        if (step.key === 'length') return { at: 'value', value: length };
        const type = items === 'Array' ? undefined : items;
        const at = (first: number, count: number, as: 'list' | 'typed' | 'one'): Place => ({
          ...{ at: 'elements', vector: values, start: start + first, count, as, items: type },
        });
        const range = rangeOf(step, length);
        if (range) return at(range[0], range[1] - range[0], type ? 'typed' : 'list');
        const index = indexOf(step, length);
        return index === undefined ? whole() : at(index, 1, 'one');
      }
      default:
        return whole();
    }
  }

  /** A member of a group by the name of the property. */
  #member(info: GroupInfo, cls: RegisteredClass | undefined, key: string | number): Place | undefined {
    const name = escapeName(String(key));
    const isIt = (each: { readonly name: string }) =>
      cls ? propertyOf(each.name, cls) === key : each.name === name;
    const link = !cls && info.linkTable ? info.linkTable.get(name) : info.links.find(isIt);
    if (link?.kind === 'hard' && this.#file.info(link.address).kind !== 'datatype')
      return { at: 'object', address: link.address };
    const attribute = info.attributes.find((each) => !isReserved(each.name) && isIt(each));
    return attribute && this.#scalar(attribute, info);
  }

  #scalar(attribute: Attribute, info: ObjectInfo): Place {
    const { datatype, dataspace, data } = attribute;
    if (dataspace.kind !== 'scalar' || datatype.class !== 'compound' || !isElement(datatype))
      return { at: 'value', value: this.#number(this.#wholeScalar(attribute, info), attribute, info) };
    const [pair] = this.#file.leaf(datatype, data, 1) as Record<string, unknown>[];
    const address = addressOf(pair?.[Tag.into], info);
    const index = Number(pair?.[Tag.index]);
    if (index < 0) return { at: 'object', address };
    // Elements are numbered without the missing ones here.
    return this.#file.info(address).kind === 'group' && !this.#file.maskOf(this.#file.info(address))
      ? { at: 'elements', vector: address, start: this.#checkIndex(address, index), count: 1, as: 'one' }
      : { at: 'value', value: this.#wholeScalar(attribute, info) };
  }

  /** A number that is stored as an integer of 64 bits. */
  #number(value: unknown, { name }: Attribute, info: ObjectInfo): unknown {
    if (typeof value !== 'bigint') return value;
    const numbers = this.#file.attribute(info, Reserved.numbers) as unknown[] | undefined;
    return numbers?.includes(name) ? Number(value) : value;
  }

  #checkIndex(vector: number, index: number): number {
    if (!(index >= 0 && index < this.#lengthOf(vector)))
      fail(this.#file.info(vector), `the list has no such element: ${index}`);
    return index;
  }

  /** The value of a key among entries. */
  #entry(info: GroupInfo, cls: RegisteredClass | undefined, step: Step): Place | undefined {
    const keys = this.#wholeElements(child(info, 'keys')) as unknown[];
    const find = (key: unknown) => (Number.isNaN(key) ? keys.findIndex(Number.isNaN) : keys.indexOf(key));
    let at = find(cls ? cls.storedName(String(step.key)) : step.key);
    const number = numberIn(step);
    if (at < 0 && number !== undefined) at = find(number);
    if (at < 0) return undefined;
    const vector = child(info, 'values');
    if (at >= this.#lengthOf(vector)) fail(info, 'fewer values than keys');
    return { at: 'elements', vector, start: at, count: 1, as: 'one' };
  }

  /** Through a value that is there, as the language does it. */
  #stepInto(value: unknown, step: Step): Place {
    const { key, isText } = step;
    if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
      const list = value as unknown[] | TypedArray;
      if (key === 'length') return { at: 'value', value: list.length };
      const range = rangeOf(step, list.length);
      if (range && Array.isArray(list)) return many('list', [], plainSlice(list, ...range) as unknown[]);
      if (range) return { at: 'value', value: plainSlice(list, ...range), isParted: true };
      const at = indexOf(step, list.length);
      if (at !== undefined) return { at: 'value', value: list[at] };
      if (hasField(list, key)) return { at: 'value', value: (list as never)[key] };
      this.#missing(`the list has ${list.length} elements`);
    }
    if (value instanceof Map) {
      if (isText && key === '*') {
        const keys = keysOf(value);
        return many(
          'map',
          keys,
          keys.map((each) => entryOf(value, each)),
        );
      }
      const known = mapKey(value, step);
      if (hasEntry(value, known)) return { at: 'value', value: entryOf(value, known) };
      if (hasField(value, key)) return { at: 'value', value: (value as never)[key] };
      this.#missing(NO_KEY);
    }
    if (value instanceof Set) {
      if (key === 'size') return { at: 'value', value: value.size };
      // They have an order, and no places.
      if (isText && key === '*') return many('list', [], [...membersOf(value)]);
    }
    if (typeof value !== 'object' || value === null)
      this.#missing(`${value == null ? value : `a ${typeof value}`} has no members`);
    if (isText && key === '*') return this.#membersOf(value);
    if (Object.hasOwn(value, key) || isAccessor(value, key))
      return { at: 'value', value: (value as Record<string, unknown>)[key] };
    return this.#missing(NO_PROPERTY);
  }

  /** All members of an object that is there: the same as where it is a group of the file. */
  #membersOf(value: object): Place {
    const cls = this.#file.registry.of(Object.getPrototypeOf(value));
    if (!cls || cls.codec || h5write in value)
      return many('object', Object.keys(value), Object.values(value));
    const keys = cls.propertiesOf(value);
    return many(
      'object',
      keys,
      keys.map((key) => (value as Record<PropertyKey, unknown>)[key]),
    );
  }

  #missing(reason: string): never {
    const place = showPath(this.#steps.slice(0, this.#done));
    const error = new H5PathError('H5_NOT_FOUND', place, `there is no ${place}: ${reason}`);
    this.#errors.add(error);
    throw error;
  }

  // ---- slices of vectors ----------------------------------------------------------------------------

  /** The number of elements of a vector, missing ones included. */
  #lengthOf(vector: number): number {
    const file = this.#file;
    const info = file.info(vector);
    if (info.kind === 'dataset') return info.dataspace.dims[0] ?? 0;
    if (info.kind !== 'group') return fail(info, 'a datatype is no value');
    const mask = file.maskOf(info);
    if (mask) return mask.length;
    switch (file.word(info, Reserved.encoding)) {
      case Encoding.records:
        return file.lengthOf(info);
      case Encoding.list:
        return info.links.length;
      case Encoding.union:
        return this.#countIn(info, '@kinds');
      case Encoding.ragged:
        return this.#countIn(info, 'offsets') - 1;
      default:
        return fail(info, 'not a list');
    }
  }

  #countIn(holder: GroupInfo, name: string): number {
    const info = this.#file.info(child(holder, name));
    if (info.kind !== 'dataset') fail(holder, `${name} that are no numbers`);
    return info.dataspace.dims[0] ?? 0;
  }

  /** Whether no element of a vector refers to an object that has its home elsewhere, so that one can be made by itself. */
  #isPure(vector: number, depth = 0): boolean {
    const known = this.#pure.get(vector);
    if (known !== undefined) return known;
    const file = this.#file;
    const info = file.info(vector);
    // Until it is known: what leads to itself is not.
    this.#pure.set(vector, false);
    let isPure = false;
    if (info.kind === 'dataset') {
      isPure = !file.isReferences(info) && isPlain(info);
    } else if (info.kind === 'group' && depth < MAX_DEPTH) {
      const encoding = file.word(info, Reserved.encoding);
      const isTable = encoding === Encoding.records;
      const isUnion = encoding === Encoding.union;
      if (isTable || isUnion || encoding === Encoding.ragged) {
        const items = file.word(info, Reserved.items);
        const isCoded =
          isTable && items !== 'null-prototype' && file.codec(info, file.classOf(info), items) !== undefined;
        isPure = !isCoded && info.links.every((link) => this.#isPure(hardTarget(info, link), depth + 1));
      }
    }
    this.#pure.set(vector, isPure);
    return isPure;
  }

  /** Elements of a vector that are made without the others. */
  #slice(vector: number, start: number, count: number): Elements {
    const file = this.#file;
    const info = file.info(vector);
    if (!(start >= 0 && start + count <= this.#lengthOf(vector)))
      fail(info, `the list has no elements ${start} to ${start + count}`);
    file.spend(count);
    if (info.kind === 'dataset') return this.#sliceDataset(info, start, count);
    const group = info as GroupInfo;
    const mask = file.maskOf(group);
    const first = rank(mask, start);
    const present = rank(mask, start + count) - first;
    const rows = this.#sliceGroup(group, first, present);
    if (!mask) return rows;
    const codes = mask.subarray(start, start + count);
    const elements = new Array<unknown>(count);
    let next = 0;
    for (let i = 0; i < count; i++) if (codes[i] === Missing.present) elements[i] = rows[next++];
    applyMask(elements, codes, info);
    return elements;
  }

  #sliceGroup(info: GroupInfo, start: number, count: number): unknown[] {
    switch (this.#file.word(info, Reserved.encoding)) {
      case Encoding.records:
        return this.#sliceRecords(info, start, count);
      case Encoding.ragged:
        return this.#sliceRagged(info, start, count);
      default:
        return this.#sliceUnion(info, start, count);
    }
  }

  #sliceRecords(info: GroupInfo, start: number, count: number): object[] {
    const file = this.#file;
    const cls = file.classOf(info);
    const isBare = file.word(info, Reserved.items) === 'null-prototype';
    const names = info.links.map(({ name }) => unescapeName(name));
    const make = (): object[] => {
      const rows = makeRows(count, names, cls, isBare);
      for (const [i, link] of info.links.entries())
        setColumn(rows, names[i] as string, this.#slice(hardTarget(info, link), start, count), cls);
      return rows;
    };
    return file.whole(() => file.fixed(info, file.call(info, make)));
  }

  #sliceRagged(info: GroupInfo, start: number, count: number): object[] {
    const offsets = this.#positions(info, 'offsets', start, count + 1);
    const [from = 0] = offsets;
    for (let i = 0; i < count; i++)
      if ((offsets[i + 1] as number) < (offsets[i] as number)) fail(info, 'offsets that go down');
    const total = (offsets[count] as number) - from;
    const items = this.#file.word(info, Reserved.items) ?? 'Array';
    const column = (name: string) => this.#slice(child(info, name), from, total);
    const bounds = (i: number): [number, number] => [
      (offsets[i] as number) - from,
      (offsets[i + 1] as number) - from,
    ];
    if (items !== 'Array' && items !== 'Set' && items !== 'Map') {
      const values = typedColumn(column('values'), items, info);
      return Array.from({ length: count }, (_, i) => values.slice(...bounds(i)));
    }
    const values = column('values');
    const keys = items === 'Map' ? column('keys') : [];
    return Array.from({ length: count }, (_, i) => {
      const [begin, end] = bounds(i);
      if (items === 'Array') {
        const row = new Array<unknown>(end - begin);
        fillArray(row, values, begin, end);
        return row;
      }
      if (items === 'Set') return new Set(values.slice(begin, end));
      const map = new Map<unknown, unknown>();
      for (let j = begin; j < end; j++) map.set(keys[j], values[j]);
      return map;
    });
  }

  #sliceUnion(info: GroupInfo, start: number, count: number): unknown[] {
    const kinds = this.#positions(info, '@kinds', 0, start + count);
    const parts = info.links.filter(({ name }) => name !== '@kinds');
    const before = new Uint32Array(parts.length);
    const counts = new Uint32Array(parts.length);
    for (let i = 0; i < kinds.length; i++) {
      const kind = kinds[i] as number;
      if (!(kind < parts.length)) fail(info, `no part ${kind}`);
      const tally = i < start ? before : counts;
      tally[kind] = (tally[kind] as number) + 1;
    }
    const slices = parts.map((part, kind) =>
      this.#slice(hardTarget(info, part), before[kind] as number, counts[kind] as number),
    );
    const next = new Uint32Array(parts.length);
    const elements = newArray<unknown>(count);
    for (let i = 0; i < count; i++) {
      const kind = kinds[start + i] as number;
      const at = next[kind] as number;
      elements[i] = slices[kind]?.[at];
      next[kind] = at + 1;
    }
    return elements;
  }

  #positions(holder: GroupInfo, name: string, start: number, count: number): readonly number[] {
    const info = this.#file.info(child(holder, name));
    const isNumbers =
      info.kind === 'dataset' && info.datatype.class === 'fixed-point' && info.datatype.size < 8;
    if (!isNumbers || info.dataspace.dims.length !== 1) fail(holder, `${name} that are no numbers`);
    return this.#slice(info.address, start, count) as readonly number[];
  }

  /** Elements of a dataset along its first axis. */
  #sliceDataset(info: DatasetInfo, start: number, count: number): Elements {
    const file = this.#file;
    const { datatype, dataspace } = info;
    const [, ...inner] = dataspace.dims;
    const width = inner.reduce((product, dim) => product * dim, 1);
    const total = count * width;
    file.spend(total);
    const bytes = this.#bytes(info, start, count, width);
    let elements: Elements;
    const mask = file.maskOf(info);
    let codes = mask?.subarray(start * width, start * width + total);
    if (mask && mask.length !== extent(dataspace))
      fail(info, `a mask of ${mask.length} elements for ${extent(dataspace)}`);
    if (isMissing(datatype)) {
      elements = new Array<unknown>(total);
      codes = bytes;
    } else {
      elements = file.leaf(datatype, bytes, total);
    }
    if (find(info, Reserved.numbers)) elements = typedColumn(elements, 'Float64Array', info) as Elements;
    if (codes) {
      elements = asArray(elements);
      applyMask(elements, codes, info);
    }
    const items = file.word(info, Reserved.items);
    for (let level = inner.length - 1; level >= 0; level--)
      elements = splitRows(
        elements,
        inner[level] as number,
        level === inner.length - 1 ? items : undefined,
        info,
      );
    return elements;
  }

  /** The bytes of elements along the first axis, of `width` elements each. */
  #bytes(info: DatasetInfo, start: number, count: number, width: number): Uint8Array {
    const { space } = this.#file;
    if (info.layout.kind === 'chunked' && count > 0) {
      const elements = space.indexes?.elements(space, info);
      if (elements) return elements.select([[start, start + count]]).bytes;
    }
    // For the caller to keep: numbers are a view of them.
    return rawData(space, info, 'the data of a dataset').copy(start * width, count * width);
  }
}

/** Whether a dataset has the axes that it has in the program. */
function isPlain(info: DatasetInfo): boolean {
  return info.dataspace.kind === 'simple' && !find(info, Reserved.flat);
}

/** How many of the first `end` elements are there. */
function rank(mask: Uint8Array | undefined, end: number): number {
  if (!mask) return end;
  let count = 0;
  for (let i = 0; i < end; i++) if (mask[i] === Missing.present) count++;
  return count;
}

/** The property that a member of a group stands for. */
function propertyOf(name: string, cls: RegisteredClass | undefined): string | symbol {
  const key = unescapeName(name);
  return cls ? cls.propertyFor(key) : key;
}

/** Whether a field is a getter: what is stored of it is for other readers, and may be older than what it is computed from. */
function isComputed(cls: RegisteredClass | undefined, key: string | number): boolean {
  return cls?.isDeclared(key as string) === true && !cls.isWritable(key as string);
}

/** Whether an object of members has a property of a name only if that is stored. */
function hasOnlyMembers(
  cls: RegisteredClass | undefined,
  type: string | undefined,
  key: string | number,
): boolean {
  if (type === 'Map') return !hasField(Map.prototype, key);
  if (!cls) return type === undefined || type === 'null-prototype';
  const instance = cls.bareInstances;
  return instance !== undefined && !cls.afterRead && !isAccessor(instance, key);
}

/** Whether a property is an accessor of an object, or of what it inherits from. */
export function isAccessor(value: object, key: PropertyKey): boolean {
  for (let at: object | null = value; at; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key);
    if (descriptor) return descriptor.get !== undefined && key !== '__proto__';
  }
  return false;
}

/**
 * Whether a list or a Map has a property beside what it holds, as instances have of classes that extend their types. Of what the
 * language gives typed arrays, no more can be named in a path than of those that are not read.
 */
export function hasField(value: object, key: string | number): boolean {
  return Object.hasOwn(value, key) || (isAccessor(value, key) && !(key in Uint8Array.prototype));
}

/** Elements of a list or a typed array, whatever its class is, or its property `constructor`. */
function plainSlice(list: unknown[] | TypedArray, start: number, end: number): unknown[] | TypedArray {
  if (!Array.isArray(list)) {
    const { buffer, byteOffset, BYTES_PER_ELEMENT: size } = list;
    const type = TYPED_ARRAYS.find(({ name }) => name === list[Symbol.toStringTag]) as Uint8ArrayConstructor;
    return new type(buffer as ArrayBuffer, byteOffset + start * size, end - start).slice();
  }
  const slice: unknown[] = [];
  slice.length = end - start;
  fillArray(slice, list, start, end);
  return slice;
}

function many(as: 'list' | 'object' | 'map', keys: readonly unknown[], values: readonly unknown[]): Place {
  return { at: 'many', as, keys, places: values.map((value) => ({ at: 'value', value })) };
}
