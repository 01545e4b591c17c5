import { H5FeatureError, H5TypeError } from '../errors.js';

/** What errors are about: the path is looked at only when there is one. */
export interface Named {
  readonly path: string;
}

/** Does something with a dataset; what does not fit it, or cannot be done with it, is an error that begins with its path. */
export function naming<T>(dataset: Named | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const isNamed = error instanceof H5TypeError || error instanceof H5FeatureError;
    if (!dataset || !isNamed || error.message.includes(`"${dataset.path}"`)) throw error;
    const message = `"${dataset.path}": ${error.message}`;
    throw error instanceof H5TypeError ? new H5TypeError(message) : new H5FeatureError('', message);
  }
}
