// @ts-check
/** How long a program waits for the package before it can do anything: in fresh processes. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compare, ratio, runScenario, summarize } from './harness.mjs';

const OURS = 'h5pickle';
const H5WASM = 'h5wasm';

await runScenario(async ({ quick, folder }) => {
  const ours = import.meta.resolve('h5pickle');
  const theirs = import.meta.resolve('h5wasm/node');
  /** @type {[string, string][]} */
  const programs = [
    ['nothing', ''],
    [OURS, `import ${JSON.stringify(ours)};`],
    [H5WASM, `import ${JSON.stringify(theirs)};`],
    ['h5wasm, until it is ready', `import { ready } from ${JSON.stringify(theirs)}; await ready;`],
  ];
  const times = await compare(
    programs.map(([name, text], i) => {
      const path = join(folder, `program-${i}.mjs`);
      writeFileSync(path, text);
      return {
        name,
        run() {
          const { status, stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8' });
          if (status !== 0) throw new Error(stderr);
        },
      };
    }),
    { rounds: quick ? 10 : 25 },
  );
  const [nothing, ...rest] = times;
  if (!nothing) throw new Error('no times');
  const rows = rest.map(({ peer, median, min, rounds }) => ({
    ...summarize(peer, [median - nothing.median]),
    min: summarize(peer, [min - nothing.min]).min,
    rounds,
  }));
  return {
    title: 'Importing the package',
    notes: [
      `The time of a process that imports it less that of one that does nothing (${nothing.median} ms).`,
    ],
    tables: [{ id: 'import', title: 'Import', unit: 'ms', rows }],
    targets: [
      {
        text: 'importing h5pickle: times the time of importing h5wasm',
        value: ratio(rows, OURS, H5WASM),
        bound: /** @type {const} */ ('at most'),
        limit: 0.25,
      },
    ],
  };
});
