import type { Editing } from './hdf5/editing.js';
import { FileEditor } from './hdf5/editor.js';

/**
 * What the mode `'w'` needs, for the option `editing` of `H5File.open`.
 *
 * @example
 * import { editing } from 'h5pickle/editing';
 * const file = H5File.open(undefined, 'w', { editing });
 */
export const editing: Editing = () => new FileEditor();
