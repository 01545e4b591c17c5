import { H5TypeError } from '../errors.js';

/** What errors are about: the path is looked at only when there is one. */
export interface Named {
  readonly path: string;
}

/** Does something with a dataset; what does not fit it is an error that begins with its path. */
export function naming<T>(dataset: Named | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!dataset || !(error instanceof H5TypeError) || error.message.includes(`"${dataset.path}"`))
      throw error;
    throw new H5TypeError(`"${dataset.path}": ${error.message}`);
  }
}
