export type { Extent } from './hdf5/free-space.js';
export {
  type Finding,
  formatVerify,
  type NoteCode,
  type ProblemCode,
  type VerifiedExtent,
  type VerifyOptions,
  type VerifyResult,
  verifyStorage,
} from './hdf5/verify.js';
