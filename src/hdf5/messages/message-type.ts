/** Header message types (Format Specification, section IV.A.2). */
export enum MessageType {
  Nil = 0x00,
  Dataspace = 0x01,
  LinkInfo = 0x02,
  Datatype = 0x03,
  FillValueOld = 0x04,
  FillValue = 0x05,
  Link = 0x06,
  ExternalDataFiles = 0x07,
  DataLayout = 0x08,
  GroupInfo = 0x0a,
  FilterPipeline = 0x0b,
  Attribute = 0x0c,
  Comment = 0x0d,
  Continuation = 0x10,
  SymbolTable = 0x11,
  AttributeInfo = 0x15,
  ReferenceCount = 0x16,
  FileSpaceInfo = 0x17,
}

/** Message flags (Format Specification, section IV.A.1.a, "Header Message Flags"). */
export enum MessageFlag {
  Constant = 0x01,
  Shared = 0x02,
  DontShare = 0x04,
  FailIfUnknown = 0x80,
}
