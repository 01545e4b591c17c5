/**
 * A process that works on one dict with others: the writer sets all that it holds to one number after another, each time in
 * one transaction, and makes and deletes other things; a reader looks whether all is the same number.
 */
import { H5Dict, type H5List, H5StaleError } from '../../src/node.js';

const [role, path = '', seconds] = process.argv.slice(2);
const end = Date.now() + Number(seconds) * 1000;

interface State {
  a: number;
  b: number;
  inner: H5Dict<{ c: number; list: H5List<number> }>;
  text: string;
}

function write(): number {
  using dict = H5Dict.open<State>(path, { mode: 'r+', durability: 'normal' });
  let turn = 0;
  while (Date.now() < end) {
    turn++;
    dict.transaction(() => {
      dict.set('a', turn);
      const inner = dict.get('inner');
      inner.set('c', turn);
      const list = inner.get('list');
      for (let i = 0; i < list.length; i++) list.set(i, turn);
      dict.set('text', String(turn).repeat(1 + (turn % 300)));
      dict.set('b', turn);
      const key = `other ${turn % 10}`;
      if (turn % 3 === 0) dict.delete(key);
      else dict.set(key, { data: new Float64Array(turn % 1000), list: [turn, 'text', null] });
    });
  }
  return turn;
}

/** Throws if a dict is not in one state. */
function look(dict: H5Dict<State>): void {
  const a = dict.get('a');
  const inner = dict.get('inner');
  const found = [inner.get('c'), ...inner.get('list'), dict.get('b')];
  const text = dict.get('text');
  const isOne = found.every((each) => each === a) && text === String(a).repeat(a === 0 ? 1 : 1 + (a % 300));
  if (!isOne) throw new Error(`a mixture: ${[a, ...found, text.slice(0, 20)].join(', ')}`);
}

function read(): { done: number; stale: number } {
  let done = 0;
  let stale = 0;
  while (Date.now() < end) {
    try {
      using dict = H5Dict.open<State>(path);
      look(dict);
      done++;
    } catch (error) {
      // The writer was faster: to be opened again.
      if (!(error instanceof H5StaleError)) throw error;
      stale++;
    }
  }
  return { done, stale };
}

try {
  process.send?.(role === 'write' ? { done: write(), stale: 0 } : read());
} catch (error) {
  process.send?.({ error: String((error as Error).stack) });
}
