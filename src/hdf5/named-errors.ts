import { type H5Error, H5FeatureError, H5TypeError } from '../errors.js';

/** What errors are about: the path is looked at only when there is one. */
export interface Named {
  readonly path: string;
}

/** Does something with a dataset; what does not fit it, or cannot be done with it, is an error that begins with its path. */
export function naming<T>(dataset: Named | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw dataset ? named(error, dataset) : error;
  }
}

/** Such an error of what was done with a dataset; any other as it is. */
export function named(error: unknown, { path }: Named): unknown {
  const isNamed = error instanceof H5TypeError || error instanceof H5FeatureError;
  if (!isNamed || error.message.includes(`"${path}"`)) return error;
  return placed(error, `"${path}"`);
}

/** The same error, whose message begins with the place that it is about. */
export function placed<E extends H5Error>(error: E, place: string): E {
  const message = `${place}: ${error.message}`;
  // What is printed of an error that nobody catches is the stack.
  if (error.stack) error.stack = error.stack.replace(error.message, () => message);
  error.message = message;
  return error;
}
