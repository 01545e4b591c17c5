/** Objects of a file that become others, and stay what they are to those who refer to them. */
import { H5StateError } from '../errors.js';
import type { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import { orderedLinks } from '../hdf5/members.js';
import type { StoredObject } from '../hdf5/stored-object.js';
import { attributesOf, setAttributes } from '../serialize/in-place.js';
import { Encoding, Reserved } from '../serialize/layout.js';
import { unescapeName } from '../serialize/names.js';
import { memberSegment } from '../serialize/path.js';
import { rewriteObject } from '../serialize/replaced-references.js';
import { isReserved } from '../serialize/restore.js';
import { readFrom } from '../serialize/serialize.js';
import type { Context } from './context.js';
import { ItemList } from './item-list.js';
import { HOLE } from './list-store.js';
import { thePlatform } from './platform.js';
import { dtypeOfWord } from './scalar.js';

/** Where an object is in its file, once it is written. */
export function addressOf(object: H5Group | H5Dataset): number {
  const { node, session } = object;
  if ('info' in node) return node.info.address;
  session.editor?.flush();
  return (object.node as StoredObject).info.address;
}

const MADE = 'made';

/** Where an object stands in the value of its file, for messages: `$.rows[2].tags`. */
export function placeOf({ file, path }: H5Group | H5Dataset): string {
  let place = '$';
  let at: unknown = file;
  // What is made apart is to stand where the old one does.
  const way = path.endsWith(`#/${MADE}`) ? path.slice(0, -MADE.length - 2) : path;
  for (const name of way.split('/').filter((each) => each !== '')) {
    const isList = at instanceof H5Group && at.attrs.get(Reserved.encoding) === Encoding.list;
    const index = isList ? orderedLinks((at as H5Group).node).findIndex(([each]) => each === name) : -1;
    place += index < 0 ? memberSegment(unescapeName(name)) : `[${index}]`;
    at = at instanceof H5Group ? at.get(name) : undefined;
  }
  return place;
}

/**
 * Makes of an object what `make` puts into a group under a name: apart from all else, until that is whole. Links lead to the
 * object as before. All of that or, after an error, nothing. With a `context` the object may be that of the whole file.
 *
 * @throws {H5StateError} when something else shares what the object holds, or refers to it.
 */
export function become(
  object: H5Group | H5Dataset,
  make: (holder: H5Group, name: string) => void,
  context?: Context,
): H5Group | H5Dataset {
  const { file, session, path } = object;
  const address = addressOf(object);
  const editor = session.edit();
  return rewriteObject(object, thePlatform().codec, () => {
    const apart = editor.groupApart();
    const holder = file.wrap(apart, `${path}#`) as H5Group;
    make(holder, MADE);
    editor.flush();
    // A file begins with a group.
    if (context && object.isSame(file) && !(holder.get(MADE) instanceof H5Group)) regroup(holder, context);
    const made = holder.get(MADE) as H5Group | H5Dataset;
    // What leads back to it would lead to where it is now.
    if (made.attrs.has(Reserved.referenced) || editor.linkCount(made.node) > 1)
      throw new H5StateError(
        'H5_REFERENCED',
        `"${path}" holds what leads back to it: set it as a whole, with what is to be in it`,
      );
    // What the layout says of the value is said anew; what others say stays.
    setAttributes(
      made,
      attributesOf(object, (name) => name === Reserved.layout || !isReserved(name)),
    );
    editor.flush();
    editor.become(object.node, holder.node, MADE);
    editor.dropApart(holder.node);
    return file.wrap(editor.stored(address), path) as H5Group | H5Dataset;
  });
}

/** Makes of a list that is a dataset one that is a group. */
function regroup(holder: H5Group, context: Context): void {
  const values = readFrom(holder.dataset(MADE), context.moving) as readonly unknown[];
  holder.delete(MADE);
  const list = new ItemList(ItemList.make(holder, MADE), context);
  for (let i = 0; i < values.length; i++) list.add(i in values ? values[i] : HOLE);
  list.flush();
  holder.session.edit().flush();
}

/** Sets a reserved attribute to a word, as the codec does. */
export function setWord(object: H5Group | H5Dataset, name: string, word: string): void {
  object.attrs.set(name, word, { dtype: dtypeOfWord(word) });
}
