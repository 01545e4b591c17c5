/**
 * How a class says itself what of its instances is stored, private `#fields` included, and how they are made again. In all
 * of them, `dict` has the content of an instance by names, in order.
 */

/**
 * The name of the method that puts into `dict` what is to be stored of an instance. A subclass calls `super[h5write](dict)`
 * for what its base class stores.
 *
 * @example
 * class Point {
 *   #x = 0;
 *   [h5write](dict: Map<string, unknown>) { dict.set('x', this.#x); }
 *   static [h5read](dict: ReadonlyMap<string, unknown>) { return new Point(dict.get('x') as number); }
 * }
 */
export const h5write: unique symbol = /* @__PURE__ */ Symbol.for('h5pickle.write');

/**
 * The name of the method that makes an instance again. A static one makes it of `dict`, whose content is complete; so an
 * instance cannot be a part of its own content. One that is not static gets an empty instance to fill, when everything else
 * has been made: then it can, and a subclass calls `super[h5read](dict)`.
 *
 * @example
 * class Tree {
 *   #children: Tree[] = [];
 *   [h5write](dict: Map<string, unknown>) { dict.set('children', this.#children); }
 *   [h5read](dict: ReadonlyMap<string, unknown>) { this.#children = dict.get('children') as Tree[]; }
 * }
 */
export const h5read: unique symbol = /* @__PURE__ */ Symbol.for('h5pickle.read');

/**
 * What has a method that says what of it is stored.
 *
 * @example
 * class Point implements H5Writable { [h5write](dict: Map<string, unknown>) { dict.set('x', 1); } }
 */
export interface H5Writable {
  [h5write](dict: Map<string, unknown>): void;
}

/**
 * What has a method that fills it with what was stored.
 *
 * @example
 * class Point implements H5Readable { [h5read](dict: ReadonlyMap<string, unknown>) { dict.get('x'); } }
 */
export interface H5Readable {
  [h5read](dict: ReadonlyMap<string, unknown>): void;
}

/**
 * A class with a static method that makes instances of what was stored.
 *
 * @example
 * const checked: H5ReadableClass<Point> = Point;
 */
export interface H5ReadableClass<T extends object = object> {
  readonly prototype: T;
  [h5read](dict: ReadonlyMap<string, unknown>): T;
}
