import { H5TypeError } from '../errors.js';
import { UNDEFINED_ADDRESS } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { type Encoded, emit, encode, type Resolve } from './elements.js';
import { FileBuilder, type ObjectId } from './file-builder.js';
import { type Dataspace, encodeDataspace, extent, SCALAR } from './messages/dataspace.js';
import { type Datatype, datatypeBytes, FLOAT64, INT32 } from './messages/datatype.js';
import { NamedList } from './named-list.js';
import type { Prepared } from './prepare.js';

/** An object of a file that is being written. It becomes bytes when the file does. */
abstract class Draft {
  readonly attributes = new NamedList<AttributeDraft>();

  // What follows belongs to one layout of the file.
  /** The layout that last came here. */
  layout = 0;
  id: ObjectId = 0;
  /** The number of hard links that lead here. */
  links = 0;
}

export class GroupDraft extends Draft {
  readonly kind = 'group';
  readonly links_ = new NamedList<LinkDraft>();
}

export class DatasetDraft extends Draft {
  readonly kind = 'dataset';
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly encoded: Encoded | undefined;

  constructor({ datatype, dataspace, encoded }: Prepared) {
    super();
    this.datatype = datatype;
    this.dataspace = dataspace;
    this.encoded = encoded;
  }
}
