import { H5Error, H5TypeError } from '../errors.js';
import type { Class } from '../registry/index.js';
import { nameOf } from '../registry/metadata.js';
import { memberSegment } from './path.js';

/** What libraries that validate have in common (Standard Schema, version 1: standardschema.dev). */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What a schema makes of a value, or why it does not fit. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** What is wrong, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * What a value that is read is expected to be.
 *
 * @example
 * const user = await read('user.h5', { as: User });
 * const state = await read('state.h5', { schema: z.object({ count: z.number() }) });
 */
export interface Expectation<T = unknown> {
  /** Its class: an error if it is no instance. */
  readonly as?: Class<T & object> | undefined;
  /** A schema of zod, valibot, arktype or any other library of Standard Schema: what it makes of the value is returned. */
  readonly schema?: StandardSchema<T> | undefined;
}

/**
 * A value that was read is not what was expected; `issues` say what a schema has against it.
 *
 * @example
 * if (error instanceof H5UnexpectedError) console.log(error.message); // where it does not fit
 */
export class H5UnexpectedError extends H5Error {
  override readonly name: string = 'H5UnexpectedError';
  readonly issues: readonly SchemaIssue[];

  constructor(message: string, issues: readonly SchemaIssue[] = []) {
    super('H5_UNEXPECTED', message);
    this.issues = issues;
  }
}

/** The value, or what its schema makes of it, at once or in time. */
export function expected<T>(value: unknown, { as, schema }: Expectation<T>): T | Promise<T> {
  if (as && !Object.prototype.isPrototypeOf.call(as.prototype, value as object))
    throw new H5UnexpectedError(`the value is no instance of the class ${nameOf(as)}`);
  if (!schema) return value as T;
  const result = schema['~standard'].validate(value);
  return result instanceof Promise ? result.then(accepted) : accepted(result);
}

function accepted<T>(result: SchemaResult<T>): T {
  if (!result) throw new H5TypeError(`the schema returned ${result}: no { value } or { issues }`);
  if (!result.issues) return result.value;
  const all = result.issues.map(({ message, path = [] }) => {
    const place = path.map((segment) => {
      const key = typeof segment === 'object' ? segment.key : segment;
      return typeof key === 'number' ? `[${key}]` : memberSegment(String(key));
    });
    return `$${place.join('')}: ${message}`;
  });
  throw new H5UnexpectedError(`the value does not fit its schema: ${all.join('; ')}`, result.issues);
}
