/** Random operations on an H5Array in a file, closed and opened again now and then, and on plain rows of values. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { H5Error } from '../../src/errors.js';
import { FileStorage, H5Array, H5File, indexes, withOptions } from '../../src/node.js';
import { verifyStorage } from '../../src/verify.js';
import { askNumpy } from '../oracle/numpy.js';
import { haveOracle, oracleTest } from '../oracle/oracles.js';
import { type Random, seeded } from '../random.js';
import { expectSame } from '../same.js';
import { casesOf, SEED } from '../thoroughness.js';

/** Each of eight kinds is changed twice as often: some 50,000 operations in CI. */
const CASES = Math.min(3000, casesOf(50));
const LONGEST = 14;

type Rows = unknown[][];

interface Kind {
  readonly dtype: string | object;
  readonly fill: unknown;
  value(random: Random): unknown;
  /** What it does not hold. */
  readonly wrong: unknown;
}

const words = ['', 'a', 'bc', 'ä€', 'much longer than that'];
const KINDS: { [name: string]: Kind } = {
  float64: { dtype: 'f8', fill: 0, value: (random) => random(1000) / 8, wrong: 'x' },
  int16: { dtype: '>i2', fill: 0, value: (random) => random(2000) - 1000, wrong: 1e6 },
  int64: { dtype: 'i8', fill: 0n, value: (random) => BigInt(random(1000)) << 45n, wrong: 0.5 },
  bool: { dtype: 'bool', fill: false, value: (random) => random(2) === 0, wrong: 'true' },
  str: { dtype: 'str', fill: '', value: (random) => words[random(words.length)], wrong: '\ud800' },
  fixed: { dtype: 'S24', fill: '', value: (random) => words[random(words.length)], wrong: 'x'.repeat(25) },
  complex128: {
    dtype: {
      compound: [
        ['r', 'f8'],
        ['i', 'f8'],
      ],
    },
    fill: [0, 0],
    value: (random) => [random(9), random(9) - 4],
    wrong: 'x',
  },
  record: {
    dtype: { compound: { x: 'f4', name: 'str' } },
    fill: { x: 0, name: '' },
    value: (random) => ({ x: random(9) / 2, name: words[random(words.length)] }),
    wrong: { x: 1 },
  },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h5pickle-array-model-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `count` indices below `size`, each once, ascending. */
function some(random: Random, size: number): number[] {
  return Array.from({ length: size }, (_, i) => i).filter(() => random(3) === 0);
}

const columnsOf = (rows: Rows, width: number) =>
  Array.from({ length: width }, (_, j) => rows.map((row) => row[j]));

class Model {
  rows: Rows;
  width: number;
  constructor(rows: Rows, width: number) {
    this.rows = rows;
    this.width = width;
  }

  /** The rows, or the columns. */
  lines(axis: number): Rows {
    return axis === 0 ? this.rows : columnsOf(this.rows, this.width);
  }

  setLines(axis: number, lines: Rows): void {
    if (axis === 0) this.rows = lines;
    else {
      this.rows = this.rows.map((_, i) => lines.map((line) => line[i]));
      this.width = lines.length;
    }
  }

  lineLength(axis: number): number {
    return axis === 0 ? this.width : this.rows.length;
  }
}

function step(random: Random, array: H5Array, model: Model, kind: Kind): void {
  const { rows, width } = model;
  const axis = random(2);
  const lines = model.lines(axis);
  const line = () => Array.from({ length: model.lineLength(axis) }, () => kind.value(random));
  const asLines = (given: Rows) => (axis === 0 ? given : columnsOf(given, model.lineLength(axis)));
  switch (random(11)) {
    case 0: {
      if (lines.length >= LONGEST) return;
      const more = Array.from({ length: 1 + random(3) }, line);
      // Lists cannot say how many columns there are in no rows.
      if (more[0]!.length === 0) return;
      array.append(random(2) === 0 && more.length === 1 ? more[0] : asLines(more), axis);
      model.setLines(axis, [...lines, ...more]);
      return;
    }
    case 1: {
      if (lines.length >= LONGEST) return;
      const more = Array.from({ length: 1 + random(2) }, line);
      if (more[0]!.length === 0) return;
      const at = random(lines.length + 1);
      array.insert(at, asLines(more), axis);
      model.setLines(axis, lines.toSpliced(at, 0, ...more));
      return;
    }
    case 2: {
      const gone = some(random, lines.length);
      array.delete(gone, axis);
      model.setLines(
        axis,
        lines.filter((_, i) => !gone.includes(i)),
      );
      return;
    }
    case 3: {
      if (rows.length === 0 || width === 0) return;
      const [i, j] = [random(rows.length), random(width)];
      const value = kind.value(random);
      array.set([i, j - width], value);
      rows[i]![j] = value;
      expect(array.at(i, j)).toEqual(value);
      return;
    }
    case 4: {
      const start = random(rows.length + 1);
      const value = kind.value(random);
      array.slice([{ start, step: 2 }, { step: -1 }]).fill(value);
      for (let i = start; i < rows.length; i += 2) rows[i]!.fill(value);
      return;
    }
    case 5: {
      const chosen = some(random, width).reverse();
      if (chosen.length === 0 || rows.length === 0) return;
      const values = rows.map(() => chosen.map(() => kind.value(random)));
      array.slice([undefined, chosen]).set(':', values);
      for (let i = 0; i < rows.length; i++)
        for (let k = 0; k < chosen.length; k++) rows[i]![chosen[k]!] = values[i]![k];
      return;
    }
    case 6: {
      const mask = rows.map((row) => row.map(() => random(4) === 0));
      if (rows.length === 0 || width === 0) return;
      const value = kind.value(random);
      array.set([mask], value);
      for (const [i, row] of mask.entries())
        for (const [j, isSet] of row.entries()) if (isSet) rows[i]![j] = value;
      return;
    }
    case 7: {
      const shape = [random(LONGEST), random(LONGEST)] as const;
      array.resize(shape);
      model.rows = Array.from({ length: shape[0] }, (_, i) =>
        Array.from({ length: shape[1] }, (_, j) => rows[i]?.[j] ?? kind.fill),
      );
      model.width = shape[1];
      return;
    }
    case 8: {
      // One wrong value, last of all: then nothing changes.
      if (rows.length === 0 || width === 0) return;
      const values = rows.map((row) => row.map(() => kind.value(random)));
      values.at(-1)![width - 1] = kind.wrong;
      expect(() => array.set('...', values)).toThrow(H5Error);
      expect(() => array.insert(random(rows.length), values)).toThrow(H5Error);
      return;
    }
    case 9: {
      if (rows.length < 2) return;
      array.set('::-1', array);
      rows.reverse();
      return;
    }
    default: {
      const part = array.slice('1::2, ::-2');
      const expected = rows
        .filter((_, i) => i % 2 === 1)
        .map((row) => row.toReversed().filter((_, j) => j % 2 === 0));
      if (part.size > 0) expectSame(part.toNested(), expected);
      else expect(part.shape).toEqual([Math.floor(rows.length / 2), Math.ceil(width / 2)]);
    }
  }
}

function agree(array: H5Array, { rows, width }: Model): void {
  expect(array.shape).toEqual([rows.length, width]);
  if (rows.length > 0 && width > 0) expectSame(array.toNested(), rows);
}

describe('the same operations on rows of values', () => {
  for (const [name, kind] of Object.entries(KINDS))
    test(`of ${name}`, () => {
      const random = seeded(SEED + name.length);
      const path = join(folder, `${name}.h5`);
      const model = new Model([], 0);
      let file = H5File.open(path, 'w', { durability: 'off' });
      file.createDataset('data', {
        shape: [0, 0],
        dtype: kind.dtype as 'f8',
        maxShape: [null, null],
        chunks: [1 + random(4), 1 + random(4)],
        ...(random(2) === 0 && { compression: 'gzip' as const }),
      });
      let array = H5Array.open(file, 'data');
      for (let i = 0; i < 2 * CASES; i++) {
        const maxMemory = random(3) === 0 ? 1000 + random(3000) : '250M';
        withOptions({ maxMemory }, () => step(random, array, model, kind));
        if (random(10) === 0) agree(array, model);
        const end = random(60);
        if (end === 0) {
          file.close();
          file = H5File.open(path, 'r+', { durability: 'off' });
          array = H5Array.open(file, 'data');
        } else if (end === 1) file.commit();
        if (i % 200 === 199) {
          agree(array, model);
          file.commit();
          const storage = new FileStorage(path);
          expect(verifyStorage(storage, { indexes }).problems).toEqual([]);
          storage.close();
        }
      }
      agree(array, model);
      file.close();
      const opened = H5Array.open(path, 'data');
      agree(opened, model);
      opened.close();
      if (name === 'float64') left = model;
    });
});

let left: Model | undefined;

oracleTest('h5py', 'h5py reads what is left', async () => {
  expect(haveOracle('h5py')).toBe(true);
  const [outcomes] = await askNumpy([
    { file: join(folder, 'float64.h5'), dataset: 'data', steps: [{ all: true }] },
  ]);
  expect(outcomes).toEqual([{ shape: [left!.rows.length, left!.width], data: left!.rows.flat() }]);
});
