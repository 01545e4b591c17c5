/** A vertex on the way from where the search began, and what is left of those that it leads to. */
interface Step<T> {
  readonly vertex: T;
  readonly order: number;
  /** Where it is among those that are in no component yet. */
  readonly position: number;
  readonly next: Iterator<T>;
  /** The first vertex that it leads back to. */
  first: number;
}

/**
 * The strongly connected components of what some vertices lead to, by Tarjan's algorithm: each after all that it leads to, and
 * in the order in which its vertices were met. A vertex alone may lead to itself.
 */
export function* components<T>(starts: Iterable<T>, next: (vertex: T) => Iterable<T>): Generator<T[], void> {
  const orders = new Map<T, number>();
  const open: T[] = [];
  const way: Step<T>[] = [];
  const enter = (vertex: T): void => {
    const order = orders.size;
    orders.set(vertex, order);
    const position = open.push(vertex) - 1;
    way.push({ vertex, order, position, next: next(vertex)[Symbol.iterator](), first: order });
  };
  for (const start of starts) {
    if (orders.has(start)) continue;
    enter(start);
    for (let step = way.at(-1); step; step = way.at(-1)) {
      const { done, value } = step.next.next();
      if (!done) {
        const order = orders.get(value);
        if (order === undefined) enter(value);
        else if (order < step.first) step.first = order;
        continue;
      }
      way.pop();
      if (step.first === step.order) {
        const component = open.splice(step.position);
        // It is of no account any more.
        for (const vertex of component) orders.set(vertex, Infinity);
        yield component;
      } else {
        const above = way.at(-1) as Step<T>;
        if (step.first < above.first) above.first = step.first;
      }
    }
  }
}
