interface UnderWay<Key> {
  get(key: Key): Promise<void> | undefined;
  set(key: Key, turn: Promise<void>): unknown;
  delete(key: Key): unknown;
}

/** Work on the same thing, of which each waits for the end of what was begun before, whether that succeeds or not. */
export class Turns<Key extends object | string> {
  /** Of each thing, the last work that is under way. */
  readonly #underWay: UnderWay<Key>;

  /** `underWay`: an empty Map, or WeakMap. */
  constructor(underWay: UnderWay<Key>) {
    this.#underWay = underWay;
  }

  /** Begins when it is its turn: at once, if nothing is under way. */
  async take(key: Key, work: () => Promise<void>): Promise<void> {
    const underWay = this.#underWay;
    const before = underWay.get(key);
    const result = before ? before.then(work) : work();
    const turn = result.then(
      () => {},
      () => {},
    );
    underWay.set(key, turn);
    try {
      await result;
    } finally {
      if (underWay.get(key) === turn) underWay.delete(key);
    }
  }
}
