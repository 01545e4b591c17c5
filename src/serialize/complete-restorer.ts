import type { GroupInfo, ObjectInfo } from '../hdf5/object.js';
import type { Class, RegisteredClass } from '../registry/index.js';
import { Reserved } from './layout.js';
import { Restorer } from './restore.js';

/**
 * What the core's restorer is without: it says where something was when code of a class throws, makes instances of what only
 * the program knows to be some, and freezes those that were frozen.
 */
export class CompleteRestorer extends Restorer {
  /** What is done when all of a value has been made. */
  readonly #last: (() => void)[] = [];
  #isBusy = false;
  /** While code of a class runs: what its instances are read from. */
  #at: ObjectInfo | undefined;

  override whole<T>(make: () => T): T {
    const isOuter = !this.#isBusy;
    this.#isBusy = true;
    try {
      const made = super.whole(make);
      if (isOuter) for (const finish of this.#last.splice(0)) finish();
      return made;
    } catch (error) {
      throw isOuter ? this.#located(error) : error;
    } finally {
      if (isOuter) {
        this.#isBusy = false;
        this.#at = undefined;
      }
    }
  }

  /** What `restore` does, in steps. */
  *restoring(root: number): Generator<void, unknown> {
    this.#isBusy = true;
    try {
      const value = this.begin(root);
      while (this.step()) yield;
      for (const finish of this.#last.splice(0)) finish();
      return value();
    } catch (error) {
      throw this.#located(error);
    } finally {
      this.#isBusy = false;
      this.#at = undefined;
    }
  }

  /** An error that says where the instances are that it is about. */
  #located(error: unknown): unknown {
    const { address } = this.#at ?? {};
    const { located } = this.values;
    if (address === undefined || !located) return error;
    return located(error, { space: this.space, root: this.root, address, row: this.row });
  }

  override call<T>(info: ObjectInfo, action: () => T): T {
    const at = this.#at;
    this.#at = info;
    const result = action();
    this.#at = at;
    this.row = -1;
    return result;
  }

  protected override setMember(
    info: GroupInfo,
    target: object,
    name: string,
    value: unknown,
    cls: RegisteredClass | undefined,
  ): void {
    this.#at = info;
    super.setMember(info, target, name, value, cls);
    this.#at = undefined;
  }

  override instance(value: unknown, as: Class): unknown {
    const { instance } = this.values;
    return instance ? instance(value, as, this.registry, (count) => this.spend(count)) : value;
  }

  /** The same instances, which are going to be frozen, or the like, when all of the value has been made. */
  override fixed<T extends readonly object[]>(info: ObjectInfo, instances: T): T {
    const word = this.word(info, Reserved.integrity);
    if (word !== undefined) this.#last.push(() => this.call(info, () => this.values.fix?.(instances, word)));
    return instances;
  }
}
