// @ts-check
/** Lists on a file: what it takes to append an element, and to read any one of them. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { H5List } from 'h5pickle';
import { open } from 'lmdb';
import {
  checkSame,
  compare,
  fromPython,
  log,
  randomNumbers,
  ratio,
  runScenario,
  summarize,
} from './harness.mjs';

/**
 * @typedef {import('./harness.mjs').Table} Table
 * @typedef {import('./harness.mjs').Target} Target
 */

/** @type {[id: string, title: string, make: (i: number) => unknown][]} */
const KINDS = [
  ['numbers', 'Numbers', (i) => i / 2],
  ['records', 'Records', (i) => ({ id: i, name: `name ${i}`, isEven: i % 2 === 0 })],
  ['texts', 'Strings', (i) => `text ${i}`],
  ['scalars', 'Scalars of several kinds', (i) => [i, `text ${i}`, null, i % 2 === 0][i % 4]],
  ['mixed', 'Any values', (i) => [i, `text ${i}`, { id: i }, null, { id: i, tags: [i] }][i % 5]],
];

/** Appending so many takes Python seconds. */
const PYTHON_COUNT = 2000;
/** So many are appended with a commit each. */
const COMMITS = 1000;

const PUSH = 'H5List, push one by one';
const EXTEND = 'H5List, extend all at once';
const GET = 'H5List, get in random order';
const PUSH_EACH = 'H5List, push with a commit each';
const LMDB_PUT = 'lmdb, put one by one';
const LMDB_EACH = 'lmdb, put with a commit each';
const LMDB_GET = 'lmdb, get in random order';

await runScenario(async ({ quick, folder }) => {
  const count = quick ? 20_000 : 100_000;
  const shown = count.toLocaleString('en');
  /** @type {Table[]} */
  const tables = [];
  /** @type {Target[]} */
  const targets = [];
  for (const [id, title, make] of KINDS) {
    log(title);
    const path = join(folder, `${id}.h5`);
    const values = Array.from({ length: count }, (_, i) => make(i));
    const random = randomNumbers();
    const indices = values.map(() => Math.floor(random() * count));
    /** @param {(list: H5List) => void} fill */
    const write = (fill) => {
      rmSync(path, { force: true });
      const list = H5List.open(path, { mode: 'w', durability: 'off' });
      list.batch(() => fill(list));
      list.close();
    };
    const store = join(folder, `${id}.lmdb`);
    const settings = { noSync: true, noMetaSync: true, keyEncoding: /** @type {const} */ ('uint32') };
    const rows = await compare(
      [
        {
          name: PUSH,
          run: () =>
            write((list) => {
              for (const value of values) list.push(value);
            }),
        },
        { name: EXTEND, run: () => write((list) => list.extend(values)) },
        {
          name: LMDB_PUT,
          run() {
            rmSync(store, { recursive: true, force: true });
            const database = open({ path: store, ...settings });
            database.transactionSync(() => {
              for (const [i, value] of values.entries()) database.putSync(i, value);
            });
            return database.close();
          },
        },
        {
          name: GET,
          run() {
            const list = H5List.open(path);
            for (const index of indices) list.get(index);
            list.close();
          },
        },
        {
          name: LMDB_GET,
          run() {
            const database = open({ path: store, ...settings });
            for (const index of indices) database.get(index);
            return database.close();
          },
        },
      ],
      { rounds: quick ? 3 : 5, per: count / 1000 },
    );
    const more = values.slice(0, COMMITS);
    const list = H5List.open(path, { mode: 'r+', durability: 'off', commit: 'operation' });
    const database = open({ path: store, ...settings });
    const commits = await compare(
      [
        {
          name: PUSH_EACH,
          run() {
            for (const value of more) list.push(value);
          },
        },
        {
          name: LMDB_EACH,
          run() {
            for (const [i, value] of more.entries()) database.putSync(count + i, value);
          },
        },
      ],
      { rounds: quick ? 3 : 5, per: COMMITS / 1000 },
    );
    await database.close();
    list.truncate(count);
    rows.push(...commits);
    checkSame('H5List', list.copy(), values);
    list.close();
    targets.push({
      text: `${title}: times as long as lmdb to get one`,
      value: ratio(rows, GET, LMDB_GET),
      bound: 'at most',
      limit: 3,
    });
    /** @type {{ who: string, append: number, get: number } | undefined} */
    const python = fromPython('lists.py', id, PYTHON_COUNT, join(folder, 'p.h5'));
    if (python) {
      const append = `${python.who}, append one by one`;
      rows.push(summarize(append, [python.append]));
      rows.push(summarize(`${python.who}, get in random order`, [python.get]));
      targets.push({
        text: `${title}: times as fast to push one as ${python.who} appends one`,
        value: ratio(rows, append, PUSH),
        bound: 'at least',
        limit: 100,
      });
    }
    tables.push({ id: `lists-${id}`, title: `${title}: ${shown} elements`, unit: 'µs an element', rows });
  }
  log('');
  return {
    title: 'Lists on a file',
    notes: [
      `${shown} elements are appended to a list in a new file, in one batch and with its commit, and read in random order`,
      `from the file, which is opened for that; lmdb without syncs, the index being the key. With a commit each: ${COMMITS.toLocaleString('en')} more, without`,
      `syncs. Python appends ${PYTHON_COUNT.toLocaleString('en')}.`,
    ],
    tables,
    targets,
  };
});
