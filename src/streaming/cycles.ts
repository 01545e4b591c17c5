/** Whether what iterables yield can be read again, batch by batch: see `Readability`. */
import type { TypeRegistry } from '../registry/index.js';
import type { CompletePlanner, Stream } from '../serialize/complete-planner.js';
import { type Node, type Planner, VectorNode } from '../serialize/plan.js';
import type { Values } from '../serialize/values.js';
import { Readability } from '../values/readable.js';

/**
 * Objects of a batch lead to others of it, to those of earlier batches, and to the value around, which leads to the lists of all
 * batches. Of earlier batches nothing is kept but what of the value around they lead to.
 */
export class Cycles {
  readonly #around: CompletePlanner;
  readonly #readability: Readability;
  /** For each list, what stands for all that earlier batches of it hold, and what of the value around that leads to. */
  readonly #earlier = new Map<Node, VectorNode>();
  /** Of the value around, what is made of its complete content. */
  readonly #decoded: Node[] = [];
  #looked = 0;
  /** Lists of which nothing has been taken yet. */
  readonly #lists: Set<Node>;
  /** Of earlier batches, those of which something leads to such a list, and must not be led to by what is in it. */
  readonly #unsure: VectorNode[] = [];

  constructor(around: CompletePlanner, values: Values, registry: TypeRegistry) {
    this.#around = around;
    this.#readability = new Readability(values, registry);
    this.#lists = new Set(around.streams?.map(({ node }) => node));
  }

  /** @throws {H5UnsupportedError} when something would have to be made of itself. */
  check(stream: Stream, list: VectorNode, planner: Planner, standIns: ReadonlyMap<Node, unknown>): void {
    const { nodes, streams = [] } = this.#around;
    const readability = this.#readability;
    let earlier = this.#earlier.get(stream.node);
    if (!earlier) {
      earlier = new VectorNode(undefined);
      earlier.encoding = 'list';
      this.#earlier.set(stream.node, earlier);
      this.#lists.delete(stream.node);
    }
    this.#decoded.push(...readability.decodedAmong(nodes.slice(this.#looked)));
    this.#looked = nodes.length;
    const batch = [...new Set<Node>([list, ...planner.nodes])];
    const decoded = readability.decodedAmong(batch);
    const unsure = this.#unsure;
    if (this.#decoded.length + decoded.length + unsure.length > 0) {
      const beyond = new Map<Node, Node[]>();
      for (const { node } of streams) {
        const known = this.#earlier.get(node);
        if (known) beyond.set(node, [known]);
      }
      // In which list those have been met is not known.
      for (const node of standIns.keys()) beyond.set(node, [...this.#earlier.values()]);
      if (list !== stream.node) beyond.set(stream.node, [list, earlier]);
      readability.check([...this.#decoded, ...decoded, ...unsure], beyond, unsure, list);
      if (!unsure.includes(earlier) && readability.reaches(decoded, this.#lists, beyond))
        unsure.push(earlier);
    }
    const own = new Set(batch);
    const reached = new Set(earlier.values);
    for (const { node } of planner.references)
      if (node && !own.has(node) && !standIns.has(node)) reached.add(node);
    earlier.values = [...reached];
  }
}
