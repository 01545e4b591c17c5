import { IdentityTable } from '../serialize/identity.js';
import { Elements, type Home, type Planner, VectorNode } from '../serialize/plan.js';
import { type Holder, OUTSIDE } from './blobs.js';
import type { Target } from './column.js';

/** Rows have numbers below this, so that a number holds a part as well. */
const ROWS = 2 ** 32;
/** Numbers of objects in a batch that live elsewhere begin here. */
const ELSEWHERE = 2 ** 40;

/**
 * Where the objects live that have been met in earlier batches and in the value around, for as long as they are alive: what
 * nobody holds any more cannot be met again.
 */
export class Homes {
  /** A row of a part as one number; the number in the value around as -1 less it; else what it is. */
  readonly #known = new WeakMap<object, number | Target>();
  readonly #around: Planner;
  readonly #outside: Outside;
  #aroundKnown = 0;

  constructor(around: Planner, outside: Outside) {
    this.#around = around;
    this.#outside = outside;
  }

  get(object: object): number | Target | undefined {
    return this.#known.get(object);
  }

  remember(object: object, { holder, index }: Target): void {
    const isRow = holder >= 0 && holder < OUTSIDE && index >= 0;
    this.#known.set(object, isRow ? holder * ROWS + index : { holder, index });
  }

  /** Lets an object stand for another one. */
  alias(object: object, known: object): void {
    this.#known.set(object, this.#known.get(known) as number | Target);
  }

  /** All objects of the value around, as far as it is planned. */
  rememberAround(): void {
    const { identity } = this.#around;
    for (; this.#aroundKnown < identity.size; this.#aroundKnown++)
      this.#known.set(identity.object(this.#aroundKnown), -1 - this.#aroundKnown);
  }

  /** What it is of the value around, or where it is. */
  locate(known: number | Target): Home | Target {
    if (typeof known !== 'number') {
      const { holder, index } = known;
      return holder < OUTSIDE
        ? known
        : { node: this.#outside.nodes[holder - OUTSIDE] as Home['node'], index };
    }
    if (known < 0) return this.#around.home(-1 - known);
    return { holder: Math.floor(known / ROWS), index: known % ROWS };
  }
}

/** Which objects a batch has, and which of those it mentions live elsewhere. */
export class BatchIdentity extends IdentityTable {
  readonly #homes: Homes;
  readonly #elsewhere = new Map<object, number>();

  constructor(homes: Homes) {
    super();
    this.#homes = homes;
  }

  override claimAll(objects: readonly object[], kind: number, keys: readonly string[]): boolean {
    const isNew = (object: object) => this.#homes.get(object) === undefined;
    return objects.every(isNew) && super.claimAll(objects, kind, keys);
  }

  override claim(object: object, hash: number, kind: number): number {
    if (this.#homes.get(object) === undefined) return super.claim(object, hash, kind);
    const number = this.#elsewhere.get(object) ?? this.#elsewhere.size;
    this.#elsewhere.set(object, number);
    return ELSEWHERE + number;
  }

  override find(object: object, hash: number): number {
    const number = this.#elsewhere.get(object);
    return number === undefined ? super.find(object, hash) : ELSEWHERE + number;
  }

  /**
   * Tells the planner of the batch what the objects are that live elsewhere: nodes of the value around, or nodes that stand
   * for parts and blobs; of those, the result says what they stand for.
   */
  settle(batch: Planner): Map<VectorNode, Holder> {
    const homes = this.#homes;
    const standIns = new Map<Holder, VectorNode>();
    const located = Array.from(this.#elsewhere.keys(), (object): Home => {
      const place = homes.locate(homes.get(object) as number | Target);
      if ('node' in place) return place;
      const node = standIns.get(place.holder) ?? new VectorNode(undefined);
      standIns.set(place.holder, node);
      return { node, index: place.index };
    });
    batch.homes.add(ELSEWHERE, new Elsewhere(located));
    return new Map(Array.from(standIns, ([holder, node]) => [node, holder]));
  }
}

class Elsewhere extends Elements {
  readonly #located: readonly Home[];

  constructor(located: readonly Home[]) {
    super(new VectorNode(undefined));
    this.#located = located;
  }

  override locate(claimed: number): Home {
    return this.#located[claimed] as Home;
  }
}

/** Nodes of the value around that something refers to, by numbers. */
export class Outside {
  readonly nodes: Home['node'][] = [];
  readonly #holders = new Map<Home['node'], Holder>();

  holder(node: Home['node']): Holder {
    let holder = this.#holders.get(node);
    if (holder === undefined) {
      holder = OUTSIDE + this.nodes.push(node) - 1;
      this.#holders.set(node, holder);
    }
    return holder;
  }
}
