// @ts-check
/** What real applications hold, through everything that turns values into bytes or text. */
import { TypeRegistry } from 'h5pickle';
import { checkSameGraph, compare, log, runScenario } from './harness.mjs';
import { codecs, sizeOf } from './peers.mjs';
import {
  applicationState,
  corpus,
  Face,
  HalfEdge,
  Mesh,
  mesh,
  syntaxTree,
  table,
  Vertex,
} from './values.mjs';

/** @typedef {import('./harness.mjs').Peer} Peer */

const CLASSES = [Mesh, Vertex, HalfEdge, Face];
/** What takes longer than so many milliseconds is measured once. */
const SLOW = 2000;

await runScenario(async ({ quick }) => {
  const registry = new TypeRegistry();
  for (const type of /** @type {(new (...args: never[]) => object)[]} */ (CLASSES))
    registry.register(type, { name: type.name });
  const rows = quick ? 100_000 : 1_000_000;
  /** @type {{ id: string, title: string, value: unknown, classes?: typeof CLASSES }[]} */
  const values = [
    { id: 'state', title: 'State of an application, 5,000 tasks by id', value: applicationState(5_000) },
    { id: 'small-mesh', title: 'Mesh of 3 x 3 cells', value: mesh(3), classes: CLASSES },
    { id: 'mesh', title: 'Mesh of 100 x 100 cells, 90,000 objects', value: mesh(100), classes: CLASSES },
    { id: 'table', title: `Table of ${rows.toLocaleString('en')} rows`, value: table(rows) },
    { id: 'corpus', title: '100,000 texts', value: corpus(100_000) },
    { id: 'syntax', title: 'Syntax tree of 115,000 nodes', value: await syntaxTree() },
  ];
  const rounds = quick ? 3 : 9;
  const tables = [];
  const notes = [];
  for (const { id, title, value, classes } of values) {
    /** @type {{ size: number, out: Peer, back: Peer }[]} */
    const able = [];
    for (const { name, out, back } of codecs(registry, classes)) {
      log(`${title}: ${name}`);
      // What a peer cannot do, it says itself.
      try {
        const start = performance.now();
        const encoded = /** @type {never} */ (out(value));
        const between = performance.now();
        const copy = back(encoded);
        const end = performance.now();
        checkSameGraph(name, copy, value, classes && name !== 'h5pickle');
        // What takes very long is not done often.
        const most = (/** @type {number} */ time) => ({ rounds: time > SLOW ? 1 : rounds });
        able.push({
          size: sizeOf(encoded),
          out: { name, run: () => out(value), ...most(between - start) },
          back: { name, run: () => back(encoded), ...most(end - between) },
        });
      } catch (error) {
        if (name === 'h5pickle') throw error;
        const [reason = ''] = String(/** @type {Error} */ (error).message).split('\n');
        notes.push(`${title}: ${name} cannot ("${reason}").`);
      }
    }
    const out = await compare(
      able.map((each) => each.out),
      { rounds },
    );
    const back = await compare(
      able.map((each) => each.back),
      { rounds },
    );
    tables.push(
      {
        id: `${id}-out`,
        title: `${title}: to bytes`,
        unit: 'ms',
        rows: out.map((row, i) => ({ ...row, size: Number(able[i]?.size) })),
      },
      { id: `${id}-back`, title: `${title}: and back`, unit: 'ms', rows: back },
    );
  }
  return {
    title: 'What applications hold',
    notes: [
      'The state: entities by their ids with nested lists, lists of ids, what is on the screen. The mesh: vertices, faces and',
      'half-edges, instances of classes that refer to each other in cycles. The table: ten columns, one with gaps. The texts:',
      "5 to 100 words. The syntax tree: TypeScript's of lib.dom.d.ts. JSON, v8 and msgpackr lose the classes; superjson and devalue are told them.",
      ...notes,
    ],
    tables,
    targets: [],
  };
});
