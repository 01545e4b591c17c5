import { H5TypeError } from '../errors.js';
import {
  type AttributeDraft,
  DatasetDraft,
  type Draft,
  draftAttribute,
  GroupDraft,
  layOut,
  SmallData,
} from './draft.js';
import type { Editor, ValueOptions } from './editing.js';
import type { Encoded } from './elements.js';
import type { Write } from './file-builder.js';
import { H5Reference } from './h5-reference.js';
import { prepare } from './prepare.js';

/** The editor of a new file. */
export class FileEditor implements Editor {
  readonly root = new GroupDraft();
  readonly #smallData = new SmallData();
  /** Objects have no address yet: references count them, from 1. */
  readonly #referenced: Draft[] = [];

  newGroup(): GroupDraft {
    return new GroupDraft();
  }

  newDataset(data: unknown, { dtype, shape }: ValueOptions): DatasetDraft {
    const prepared = prepare(data, dtype, shape);
    this.#checkReferences(prepared.encoded);
    return new DatasetDraft(prepared, this.#smallData);
  }

  newAttribute(name: string, value: unknown, { dtype, shape }: ValueOptions): AttributeDraft {
    const attribute = draftAttribute(name, value, dtype, shape);
    if (typeof attribute.value === 'object') this.#checkReferences(attribute.value.encoded);
    return attribute;
  }

  reference(draft: Draft): H5Reference {
    if (draft.number === 0) draft.number = this.#referenced.push(draft);
    return new H5Reference(draft.number, 'object', draft);
  }

  dereference({ address }: H5Reference): Draft | undefined {
    return this.#referenced[address - 1];
  }

  layOut(write?: Write): Uint8Array[] {
    return layOut(this.root, write);
  }

  /** Throws if encoded elements lead to objects of other files. */
  #checkReferences(encoded: Encoded | undefined): void {
    for (const target of encoded?.targets ?? []) {
      if (target instanceof H5Reference) {
        if (this.#referenced[target.address - 1] !== target.target) {
          throw new H5TypeError('a reference leads to an object of another file');
        }
      } else if (typeof target === 'object') this.#checkReferences(target.data);
    }
  }
}
