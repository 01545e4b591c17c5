/** What numpy makes of the same selections and assignments, thousands of them, is what H5Array makes of them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { H5Error } from '../../src/errors.js';
import { H5Array, H5File, withOptions } from '../../src/node.js';
import {
  askNumpy,
  type NumpyJob,
  type NumpyLink,
  type NumpyOutcome,
  type NumpyStep,
} from '../oracle/numpy.js';
import { oracleTest } from '../oracle/oracles.js';
import { type Random, seeded } from '../random.js';
import { expectSame } from '../same.js';
import { casesOf, SEED } from '../thoroughness.js';
import { chained, nestedValue, randomIndex, randomShape, randomValue } from './random-arrays.js';

const CASES = Math.min(1000, casesOf(30));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h5pickle-arrays-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An array of the numbers from 0 on, stored in some way. */
function makeArray(file: H5File, name: string, shape: readonly number[], random: Random): H5Array {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const chunks = random(2) === 0 && shape.length > 0 ? shape.map(() => 1 + random(4)) : undefined;
  const dataset = file.createDataset(name, {
    data: shape.length === 0 ? 0 : Float64Array.from({ length: size }, (_, i) => i),
    shape,
    dtype: ['f8', 'i4', '>i2', 'u2', 'f4', '>f8'][random(6)] as 'f8',
    ...(chunks && { chunks, maxShape: shape.map(() => null) }),
    ...(chunks && random(3) === 0 && { compression: 'gzip' }),
  });
  return H5Array.of(dataset);
}

/** What is done, or the error of it. */
function attempt(action: () => void): NumpyOutcome {
  try {
    action();
    return null;
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    return { error: error.name, message: error.message };
  }
}

function show(array: H5Array): NumpyOutcome {
  return { shape: [...array.shape], data: Array.from(array.read() as number[]) };
}

function randomChain(random: Random, array: H5Array): NumpyLink[] {
  const chain: NumpyLink[] = [];
  let view = array;
  for (let links = 1 + random(3); links > 0; links--) {
    const { ndim, shape } = view;
    const kind = random(6);
    let link: NumpyLink = { index: randomIndex(random, shape) };
    if (kind === 0) {
      const left = shape.map((_, axis) => axis);
      link = { transpose: shape.map(() => left.splice(random(left.length), 1)[0]!) };
    }
    chain.push(link);
    try {
      view = chained(view, [link], random);
    } catch {
      // What is wrong ends the chain; numpy is asked whether it is.
      return chain;
    }
    if (ndim === 0) break;
  }
  return chain;
}

function checkOutcomes(own: NumpyOutcome[][], theirs: NumpyOutcome[][], jobs: NumpyJob[]): void {
  for (let i = 0; i < jobs.length; i++)
    for (let k = 0; k < jobs[i]!.steps.length; k++) {
      const [a, b] = [own[i]![k]!, theirs[i]![k]!];
      const place = `job ${i}, of the shape (${jobs[i]!.shape}), step ${k}: ${JSON.stringify(jobs[i]!.steps[k])}`;
      if (b && 'error' in b) expect(a && 'error' in a, `${place}: numpy says ${b.message}`).toBe(true);
      else expectSame(a, b, place);
    }
}

oracleTest('h5py', 'selections, and selections of selections, select what they select in numpy', async () => {
  const random = seeded(SEED);
  const jobs: NumpyJob[] = [];
  const own: NumpyOutcome[][] = [];
  const file = H5File.open(undefined, 'w');
  for (let i = 0; i < 4 * CASES; i++) {
    const shape = randomShape(random, random(5), 6);
    const array = makeArray(file, `${i}`, shape, random);
    const chain = randomChain(random, array);
    jobs.push({ shape, steps: [{ read: chain }] });
    let shown: NumpyOutcome = null;
    const failed = attempt(() => {
      shown = show(chained(array, chain, random));
    });
    own.push([failed ?? shown]);
  }
  checkOutcomes(own, await askNumpy(jobs), jobs);
  const failures = own.filter(([first]) => first && 'error' in first).length;
  expect(failures).toBeGreaterThan(0);
  expect(failures).toBeLessThan(own.length / 4);
});

oracleTest('h5py', 'assignments write what they write in numpy, and a view writes through', async () => {
  const random = seeded(SEED + 1);
  const jobs: NumpyJob[] = [];
  const own: NumpyOutcome[][] = [];
  const file = H5File.open(undefined, 'w');
  for (let i = 0; i < 2 * CASES; i++) {
    const shape = randomShape(random, 1 + random(4), 6);
    const array = makeArray(file, `${i}`, shape, random);
    const steps: NumpyStep[] = [];
    const outcomes: NumpyOutcome[] = [];
    let next = 1;
    for (let k = 1 + random(4); k > 0; k--) {
      const chain = randomChain(random, array);
      let view: H5Array | undefined;
      const failed = attempt(() => {
        view = chained(array, chain, random);
      });
      const value = randomValue(random, view?.shape ?? [], () => next++);
      // Values of one axis for as many elements of several are more than numpy takes.
      const isFlat = value.shape.length === 1 && (view?.ndim ?? 0) > 1 && value.shape[0] === view?.size;
      if (isFlat) continue;
      steps.push({ write: chain, value }, { all: true });
      const given = value.data.length > 0 ? nestedValue(value) : H5Array.from(new Float64Array(0), value);
      const wrote =
        failed ??
        attempt(() => {
          // Blocks of few elements: writes in many of them are the same as in one.
          const maxMemory = random(3) === 0 ? 200 : '250M';
          withOptions({ maxMemory }, () => view?.set('...', random(4) === 0 ? H5Array.from(given) : given));
        });
      outcomes.push(wrote, show(array));
    }
    jobs.push({ shape, steps });
    own.push(outcomes);
  }
  checkOutcomes(own, await askNumpy(jobs), jobs);
});

oracleTest('h5py', 'insert, append and delete do what they do in numpy, and h5py reads it', async () => {
  const random = seeded(SEED + 2);
  const jobs: NumpyJob[] = [];
  const own: NumpyOutcome[][] = [];
  const path = join(folder, 'edits.h5');
  const file = H5File.open(path, 'w');
  const last: NumpyJob[] = [];
  for (let i = 0; i < CASES; i++) {
    const shape = randomShape(random, 1 + random(3), 6);
    const size = shape.reduce((product, dim) => product * dim, 1);
    const dataset = file.createDataset(`${i}`, {
      data: Float64Array.from({ length: size }, (_, k) => k),
      shape,
      chunks: shape.map(() => 1 + random(4)),
      maxShape: shape.map(() => null),
    });
    const array = H5Array.of(dataset);
    const steps: NumpyStep[] = [];
    const outcomes: NumpyOutcome[] = [];
    let next = 1000;
    for (let k = 1 + random(5); k > 0; k--) {
      const { shape } = array;
      const axis = random(shape.length);
      const length = shape[axis]!;
      const maxMemory = random(2) === 0 ? 100 : '250M';
      const counted = () => random(2 * length + 1) - length;
      if (random(2) === 0) {
        const several = random(2) === 0;
        const count = 1 + random(3);
        const places = Array.from({ length: count }, counted);
        const rows = shape.with(axis, random(3) === 0 && several ? 1 : count);
        const value = {
          shape: rows,
          data: Array.from({ length: rows.reduce((product, dim) => product * dim, 1) }, () => next++),
        };
        const insert = several ? places : places[0]!;
        // With one index as it is numpy wants the axis of the rows in front.
        steps.push({ insert: [insert].flat(), value, axis });
        outcomes.push(
          attempt(() =>
            withOptions({ maxMemory }, () =>
              array.insert(
                insert,
                value.data.length > 0 ? nestedValue(value) : H5Array.from(new Float64Array(0), value),
                axis - (random(2) === 0 ? 0 : shape.length),
              ),
            ),
          ),
        );
      } else {
        const kind = random(3);
        if (kind === 0) {
          const at = counted() - (random(10) === 0 ? 20 : 0);
          steps.push({ delete: at, axis });
          outcomes.push(attempt(() => withOptions({ maxMemory }, () => array.delete(at, axis))));
        } else if (kind === 1) {
          const list =
            length === 0 ? [] : Array.from({ length: random(4) }, () => random(2 * length) - length);
          steps.push({ delete: { list }, axis });
          outcomes.push(attempt(() => withOptions({ maxMemory }, () => array.delete(list, axis))));
        } else {
          const start = random(length + 1);
          const stop = start + random(3);
          steps.push({ delete: { slice: [start, stop, null] }, axis });
          outcomes.push(attempt(() => withOptions({ maxMemory }, () => array.delete({ start, stop }, axis))));
        }
      }
      steps.push({ all: true });
      outcomes.push(show(array));
    }
    jobs.push({ shape, steps });
    own.push(outcomes);
    last.push({ file: path, dataset: `${i}`, steps: [{ all: true }] });
  }
  file.close();
  const [theirs, stored] = await Promise.all([askNumpy(jobs), askNumpy(last)]);
  checkOutcomes(own, theirs, jobs);
  expect(stored.map(([all]) => all)).toEqual(own.map((outcomes) => outcomes.at(-1)));
});
