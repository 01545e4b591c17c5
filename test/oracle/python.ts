import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian's own: the one that python3-h5py is installed for, whatever else is first in the path. */
export const PYTHON = '/usr/bin/python3';

const SCRIPT = fileURLToPath(new URL('./python.py', import.meta.url));

/** The process that programs are forks of: lines go to it, and come from it. */
interface Forker {
  requests: number;
  answers: number;
}

let forker: Forker | undefined;

/**
 * What a program in Python prints, which is given as Python takes it: `-c` and the code, or a path, and what is in `sys.argv`. It
 * throws with what the program says on stderr if that fails.
 *
 * Each program is a process of its own, but a fork of one that has loaded h5py, which takes longer than most of them run.
 */
export function runPython(args: readonly string[], { input = '' }: { input?: string } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'h5pickle-python-'));
  try {
    writeFileSync(join(folder, 'in'), input);
    forker ??= start();
    const answer = ask(forker, JSON.stringify({ args, folder }));
    if (answer === '0') return readFileSync(join(folder, 'out'), 'utf8');
    const complaints = answer === '' ? '' : readFileSync(join(folder, 'err'), 'utf8');
    throw new Error(`Python ended with ${answer || 'nothing'}: ${args.join(' ')}\n${complaints}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Its answer; none if it has ended, so that the next program starts another. */
function ask({ requests, answers }: Forker, line: string): string {
  const bytes = Buffer.alloc(64);
  let count = 0;
  try {
    writeSync(requests, `${line}\n`);
    count = readSync(answers, bytes);
  } finally {
    if (count === 0) {
      closeSync(requests);
      closeSync(answers);
      forker = undefined;
    }
  }
  return bytes.toString('utf8', 0, count).trim();
}

function start(): Forker {
  const [theirRequests, requests] = pipe();
  const [answers, theirAnswers] = pipe();
  // It ends when nobody can ask any more. That it cannot be started is told by the end of its answers.
  spawn(PYTHON, [SCRIPT], { stdio: [theirRequests, theirAnswers, 'inherit'] })
    .on('error', () => {})
    .unref();
  closeSync(theirRequests);
  closeSync(theirAnswers);
  return { requests, answers };
}

/** Both ends of a pipe that is read and written as files are, without a wait for events. */
function pipe(): [read: number, write: number] {
  const folder = mkdtempSync(join(tmpdir(), 'h5pickle-pipe-'));
  try {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    // Either end can be opened alone while both are open already.
    const both = openSync(path, 'r+');
    const ends: [number, number] = [openSync(path, 'r'), openSync(path, 'w')];
    closeSync(both);
    return ends;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
