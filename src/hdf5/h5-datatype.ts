import { formatDType } from './dtype.js';
import { H5Object } from './h5-object.js';
import type { Datatype } from './messages/datatype.js';
import type { DatatypeInfo } from './object.js';
import type { StoredObject } from './stored-object.js';

/** A datatype that has a name in the file, so that datasets share it. */
export class H5Datatype extends H5Object {
  get datatype(): Datatype {
    return ((this.node as StoredObject).info as DatatypeInfo).datatype;
  }

  get dtype(): string {
    return formatDType(this.datatype);
  }

  override toString(): string {
    return `<H5Datatype "${this.path}": ${this.dtype}>`;
  }
}
