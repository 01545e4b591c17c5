/** Live collections on a file: dicts, lists and arrays. */
export type { ContainerOpenOptions, ContainerOptions } from './containers/context.js';
export type { DictView } from './containers/dict-view.js';
export { H5Array } from './containers/h5-array.js';
export { type DictOpenOptions, type DictSource, H5Dict, type Stored } from './containers/h5-dict.js';
export { type Copied, H5List, type ListOpenOptions, type ListSource } from './containers/h5-list.js';
export type { ListView } from './containers/list-view.js';
export type { ChangeEvent, ChangeListener, CommitPolicy } from './containers/live-file.js';
export type { FileSource } from './containers/platform.js';
