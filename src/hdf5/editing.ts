import type { AttributeDraft, DatasetDraft, Draft, GroupDraft } from './draft.js';
import type { DType } from './dtype.js';
import type { Heap } from './elements.js';
import type { Write } from './file-builder.js';
import type { H5Reference } from './h5-reference.js';
import type { Dataspace } from './messages/dataspace.js';
import type { Datatype } from './messages/datatype.js';

/** How an attribute or a dataset is to be stored, where that does not follow from its value. */
export interface ValueOptions {
  readonly shape?: readonly number[] | undefined;
  readonly dtype?: DType | undefined;
}

/** An attribute with what its value is decoded from. */
export interface AttributeElements {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly bytes: Uint8Array;
  readonly heap: Heap;
}

/** Makes the objects of one file that is being written, and its bytes. */
export interface Editor {
  readonly root: GroupDraft;
  newGroup(): GroupDraft;
  newDataset(data: unknown, options: ValueOptions): DatasetDraft;
  newAttribute(name: string, value: unknown, options: ValueOptions): AttributeDraft;
  /** An attribute as if it were in a file already. */
  openAttribute(draft: AttributeDraft): AttributeElements;
  reference(draft: Draft): H5Reference;
  /** The object of a reference that this editor made. */
  dereference(reference: H5Reference): Draft | undefined;
  /** Writes the file to `write` as it is made, or else returns its bytes, in pieces that follow each other. */
  layOut(write?: Write): Uint8Array[];
}

/**
 * What writes files by hand. An application that reads files, or writes values, does not need it. The export
 * `h5pickle/editing` holds it; in Node it is always there.
 *
 * @example
 * import { editing } from 'h5pickle/editing';
 * const file = H5File.open(undefined, 'w', { editing }); // in a browser
 */
export type Editing = () => Editor;
