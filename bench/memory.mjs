// @ts-check
/** The most memory that a call takes, beside the value that it is given. */
import { existsSync } from 'node:fs';
import { log, runChild, runScenario, summarize } from './harness.mjs';

/** What `memory-of-call.mjs` can make and call. */
const VALUES = [
  ['instances', '1,000,000 instances of five fields'],
  ['table', 'a table of 500,000 rows'],
  ['corpus', '100,000 texts'],
  ['documents', 'a tree of documents of 1,000,000 nodes'],
  ['mixed', 'a mixed tree of 100,000 nodes'],
  ['numbers', 'a Float64Array of 256 MB'],
];
const CALLS = [
  ['h5pickle', 'h5pickle serialize'],
  ['v8', 'v8.serialize'],
  ['JSON', 'JSON.stringify'],
];

/**
 * @param {string} value
 * @param {string} call
 * @returns {Promise<{ memory: number, output: number }>}
 */
function measure(value, call) {
  log(`memory: ${value}, ${call}`);
  return runChild('memory-of-call.mjs', [value, call], ['--expose-gc', '--max-old-space-size=8192']);
}

await runScenario(async ({ quick }) => {
  if (!existsSync('/proc/self/clear_refs')) {
    const notes = ['Only Linux says how much memory a process had at most since a moment.'];
    return { title: 'Memory', notes, tables: [], targets: [] };
  }
  const tables = [];
  const targets = [];
  for (const [value = '', title = ''] of VALUES) {
    const rows = [];
    for (const [call = '', name = ''] of CALLS) {
      // What JSON cannot do: a typed array, and what contains itself.
      if (call === 'JSON' && (value === 'numbers' || value === 'mixed')) continue;
      /** @type {number[]} */
      const memory = [];
      let size = 0;
      for (let i = 0; i < (quick ? 1 : 3); i++) {
        const { memory: most, output } = await measure(value, call);
        memory.push(most / 2 ** 20);
        size = output;
      }
      rows.push({ ...summarize(name, memory), size });
    }
    log('');
    tables.push({ id: `memory-${value}`, title: `Memory to serialize ${title}`, unit: 'MB of memory', rows });
    const [ours] = rows;
    if (!ours) continue;
    targets.push({
      text: `serialize ${title}: times the size of the output that it takes of memory at most`,
      value: Number(((ours.median * 2 ** 20) / ours.size).toPrecision(3)),
      bound: /** @type {const} */ ('at most'),
      limit: 2.5,
    });
  }
  return {
    title: 'Memory',
    notes: [
      'In a process of its own for each: the value is made, its strings each in one piece, all garbage is collected, the kernel is told to forget how much',
      'memory the process has had, and one call is made. What the process then has had at most, less what it had before the',
      'call, is what the call takes; the output, which is the second column of figures, is a part of it.',
    ],
    tables,
    targets,
  };
});
