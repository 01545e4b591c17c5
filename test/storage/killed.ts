// A process that changes a file until it is killed, or has done what it was asked for. It says how far it is: the number
// of a commit is written as soon as the commit is done.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { H5File } from '../../src/node.js';
import type { Durability } from '../../src/storage/transaction.js';
import { seeded } from '../random.js';
import { editsOf } from './killed-edits.js';

export interface Task {
  readonly path: string;
  readonly durability: Durability;
  /** The last commit to be done. */
  readonly last: number;
  /** If there is one, the process kills itself within a call that writes to the file, at random. */
  readonly seed?: number | undefined;
}

const { path, durability, last, seed }: Task = JSON.parse(process.argv[2] as string);
const say = fs.writeSync.bind(fs, 1);
if (seed !== undefined) dieWithin(seed);

/** Most of the time goes into syncs: other moments would hardly ever be hit from outside. */
function dieWithin(seed: number): void {
  const random = seeded(seed);
  let left = random(100);
  const write = fs.writeSync as (
    fd: number,
    bytes: Uint8Array,
    at: number,
    count: number,
    to: number,
  ) => number;
  const dying: typeof write = (fd, bytes, at, count, to) => {
    if (left-- > 0) return write(fd, bytes, at, count, to);
    if (random(2) === 0) write(fd, bytes, at, 1 + random(count), to);
    process.kill(process.pid, 'SIGKILL');
    return 0;
  };
  Object.assign(fs, { writeSync: dying });
  syncBuiltinESMExports();
}

function edit(file: H5File, n: number): void {
  file.attrs.set('n', n);
  for (const { kind, name, length } of editsOf(n)) {
    if (kind === 'write') {
      file.dataset(name).write(n);
    } else {
      file.delete(name);
      if (kind === 'make') file.createDataset(name, { data: new Float64Array(length).fill(n) });
    }
  }
}

say('ready\n');
let file = H5File.open(path, 'r+', { durability });
for (let n = (file.attrs.get('n') as number) + 1; n <= last; n++) {
  if (n % 7 === 0) {
    edit(file, n + 1);
    file.rollback();
  }
  edit(file, n);
  file.commit();
  say(`${n}\n`);
  if (n % 31 === 0) {
    file.close();
    file = H5File.open(path, 'r+', { durability });
  }
  if (n % 97 === 0) file.compact();
}
file.close();
