import type { Dataspace } from './messages/dataspace.js';
import type { Datatype } from './messages/datatype.js';
import type { SelectionInput } from './selection.js';

/** The elements of one dataset, wherever they are. */
export interface ElementAccess {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** The bytes of a part, and how many elements they are. */
  select(selection: SelectionInput): { readonly bytes: Uint8Array<ArrayBuffer>; readonly count: number };
}
