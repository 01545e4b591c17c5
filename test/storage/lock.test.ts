import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { H5LockedError, H5SystemError } from '../../src/errors.js';
import { acquireLock } from '../../src/storage/lock.js';
import { seeded } from '../random.js';
import { casesOf, THOROUGH } from '../thoroughness.js';
import { type Compiled, compileStorage } from './compiled.js';
import { canMount, canMountNote } from './mounting.js';

let compiled: Compiled;
beforeAll(async () => {
  compiled = await compileStorage();
});
afterAll(() => compiled.remove());

let folder: string;
let data: string;
let lockFile: string;
const children = new Set<ChildProcess>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-lock-'));
  data = join(folder, 'data.h5');
  lockFile = join(folder, '.data.h5.h5lock');
  writeFileSync(data, 'x');
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  rmSync(folder, { recursive: true, force: true });
});

/** What acquiring throws. */
function refusal(path: string | URL = data): H5LockedError {
  try {
    acquireLock(path).release();
  } catch (error) {
    if (error instanceof H5LockedError) return error;
    throw error;
  }
  throw new Error('the lock was free');
}

/** The lock file as it would be if this process had the lock, with some fields changed. */
function forged(changes: object): string {
  const lock = acquireLock(data);
  const record = JSON.parse(readFileSync(lock.path, 'utf8'));
  lock.release();
  return JSON.stringify({ ...record, ...changes });
}

/** A process that has taken the lock, and does with it what `then` says. */
async function holder(then = 'setInterval(() => {}, 1000);', options: object = {}): Promise<ChildProcess> {
  const program = `
    import { acquireLock } from ${JSON.stringify(compiled.url('lock'))};
    const lock = acquireLock(${JSON.stringify(data)});
    process.stdout.write('locked');
    process.stdin.resume();
    ${then}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...options,
  });
  children.add(child);
  await Promise.race([
    once(child.stdout as NodeJS.ReadableStream, 'data'),
    once(child, 'exit').then(() => {
      throw new Error('the child did not take the lock');
    }),
  ]);
  return child;
}

const DEAD = 2 ** 30;
const ID = 'f'.repeat(32);
const SECONDS = 1000;

describe('acquireLock', () => {
  it('gives the lock to one at a time, and leaves nothing behind', () => {
    const lock = acquireLock(data);
    expect(readdirSync(folder).sort()).toEqual(['.data.h5.h5lock', 'data.h5']);
    const error = refusal();
    expect(error.code).toBe('H5_LOCKED');
    expect(error.lock).toBe(lock.path);
    expect(error.holder).toEqual({ pid: process.pid, host: hostname(), since: expect.any(Date) });
    expect(Math.abs(Number(error.holder?.since) - Date.now())).toBeLessThan(60 * SECONDS);
    expect(error.message).toContain('this process');
    lock.release();
    expect(readdirSync(folder)).toEqual(['data.h5']);
    const again = acquireLock(pathToFileURL(data));
    lock.release();
    expect(existsSync(lockFile)).toBe(true);
    again.release();
    expect(readdirSync(folder)).toEqual(['data.h5']);
  });

  it('takes all names of a file for one, and files for different ones', () => {
    mkdirSync(join(folder, 'sub'));
    symlinkSync(data, join(folder, 'sub', 'other.h5'));
    symlinkSync(folder, join(folder, 'way'));
    const lock = acquireLock(join(folder, 'sub', 'other.h5'));
    expect(lock.path).toBe(lockFile);
    expect(refusal(join(folder, 'way', 'data.h5')).lock).toBe(lockFile);
    acquireLock(join(folder, 'way', 'new.h5')).release();
    lock.release();
  });

  it('needs a folder that can be written', () => {
    expect(() => acquireLock(join(folder, 'no', 'data.h5'))).toThrow(/no\/data\.h5.*ENOENT/);
    expect(() => acquireLock(join(data, 'x'))).toThrow(/ENOTDIR/);
    expect(() => acquireLock(join(folder, 'n'.repeat(250)))).toThrow(/the name is too long \(ENAMETOOLONG/);
  });

  it('registers for the end of the process only while it has locks', () => {
    const before = process.listenerCount('exit');
    const locks = ['a', 'b', 'c'].map((name) => acquireLock(join(folder, name)));
    expect(process.listenerCount('exit')).toBe(before + 1);
    for (const lock of locks) lock.release();
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('does not remove the lock of another one', () => {
    const lock = acquireLock(data);
    const other = readFileSync(lockFile, 'utf8').replace(/"id":"\w+"/, `"id":"${ID}"`);
    writeFileSync(lockFile, other);
    lock.release();
    expect(readFileSync(lockFile, 'utf8')).toBe(other);
    rmSync(lockFile);
    const gone = acquireLock(data);
    rmSync(lockFile);
    gone.release();
  });
});

describe('a lock of another process', () => {
  it('is respected while the process lives, and taken over when it has been killed', async () => {
    const child = await holder();
    const error = refusal();
    expect(error.holder?.pid).toBe(child.pid);
    expect(error.message).toContain(`open for writing in process ${child.pid} on ${hostname()} since 20`);
    expect(error.message).toContain('close it there first, or open it for reading only');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(lockFile)).toBe(true);
    const lock = acquireLock(data);
    expect(JSON.parse(readFileSync(lockFile, 'utf8')).pid).toBe(process.pid);
    expect(readdirSync(folder).sort()).toEqual(['.data.h5.h5lock', 'data.h5']);
    lock.release();
    expect(readdirSync(folder)).toEqual(['data.h5']);
  });

  it('is respected while the process is stopped', async () => {
    const child = await holder();
    child.kill('SIGSTOP');
    expect(refusal().holder?.pid).toBe(child.pid);
  });

  it.each([
    ['ends by itself', 'process.stdin.pause();'],
    ['calls exit', 'process.exit(0);'],
    [
      'throws',
      'console.error = () => {}; process.stderr.write = () => true; setTimeout(() => { throw 1; });',
    ],
  ])('is released when it %s', async (_, then) => {
    const child = await holder(then, { stdio: ['pipe', 'pipe', 'ignore'] });
    if (child.exitCode === null) await once(child, 'exit');
    expect(readdirSync(folder)).toEqual(['data.h5']);
  });

  it.skipIf(process.platform !== 'linux')(
    'is taken over when it has ended, but its parent does not know',
    async () => {
      // The shell becomes a program that does not ask for the results of its children.
      const inner = `${process.execPath} --input-type=module -e '
        import { acquireLock } from ${JSON.stringify(compiled.url('lock'))};
        acquireLock(${JSON.stringify(data)});
        process.stdout.write(String(process.pid));
        process.kill(process.pid, "SIGKILL");'`;
      const shell = spawn('/bin/sh', ['-c', `${inner} & exec sleep 100`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.add(shell);
      const [pid] = await once(shell.stdout, 'data');
      // All its threads, not only the first one.
      const ended = () => /\) Z (?:\S+ ){16}1 /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
      while (!ended()) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(process.kill(Number(pid), 0)).toBe(true);
      acquireLock(data).release();
    },
  );

  it.skipIf(process.platform !== 'linux')('is taken over when another process has its pid', async () => {
    const child = await holder('lock.release(); setInterval(() => {}, 1000);');
    while (existsSync(lockFile)) await new Promise((resolve) => setTimeout(resolve, 5));
    const started = Number(readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[19]);
    writeFileSync(lockFile, forged({ pid: child.pid, started }));
    expect(refusal().holder?.pid).toBe(child.pid);
    writeFileSync(lockFile, forgedOver({ pid: child.pid, started: started - 1 }));
    acquireLock(data).release();
    // The same for our own pid: it is not ours if it was started at another time.
    writeFileSync(lockFile, forged({ started: 1 }));
    acquireLock(data).release();
  });

  it.skipIf(process.getuid?.() !== 0)('is respected when the process is someone else’s', async () => {
    chmodSync(folder, 0o777);
    const child = await holder(undefined, { uid: 65534, gid: 65534 });
    expect(refusal().holder?.pid).toBe(child.pid);
    // And now he asks about ours, which he may not send signals.
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = acquireLock(data);
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', asking()], {
      uid: 65534,
      gid: 65534,
      encoding: 'utf8',
    });
    expect(JSON.parse(output)).toEqual({ code: 'H5_LOCKED', pid: process.pid });
    lock.release();
  });

  it('is not taken over when it is on another host, and the error names the file to delete', () => {
    writeFileSync(lockFile, forged({ host: 'elsewhere', pid: DEAD }));
    const error = refusal();
    expect(error.holder).toMatchObject({ host: 'elsewhere', pid: DEAD });
    expect(error.message).toContain(`process ${DEAD} on elsewhere`);
    expect(error.message).toContain(`delete ${lockFile}`);
    rmSync(lockFile);
    acquireLock(data).release();
  });

  it('is not taken over when its pid counts in another container', () => {
    writeFileSync(lockFile, forged({ space: 'pid:[1]', pid: DEAD }));
    expect(refusal().message).toContain(`delete ${lockFile}`);
  });
});

describe.skipIf(process.platform !== 'linux')('a lock of a worker', () => {
  /** A worker that has taken the lock, and ends when it gets a message. */
  async function locker(): Promise<Worker> {
    const program = `
      import { parentPort } from 'node:worker_threads';
      import { acquireLock } from ${JSON.stringify(compiled.url('lock'))};
      const lock = acquireLock(${JSON.stringify(data)});
      parentPort.on('message', () => process.exit(0));
      parentPort.postMessage('locked');`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    await once(worker, 'message');
    return worker;
  }

  it('is respected while the worker lives, and taken over when it has been terminated', async () => {
    const worker = await locker();
    try {
      expect(refusal().message).toContain('this process');
    } finally {
      await worker.terminate();
    }
    expect(existsSync(lockFile)).toBe(true);
    const lock = acquireLock(data);
    expect(readdirSync(folder).sort()).toEqual(['.data.h5.h5lock', 'data.h5']);
    lock.release();
  });

  it('is released when the worker ends by itself', async () => {
    const worker = await locker();
    const ended = once(worker, 'exit');
    worker.postMessage('end');
    await ended;
    expect(readdirSync(folder)).toEqual(['data.h5']);
  });

  it('is judged in the same way by another process', async () => {
    const worker = await locker();
    const ask = () =>
      execFileSync(process.execPath, ['--input-type=module', '-e', asking()], { encoding: 'utf8' });
    try {
      expect(JSON.parse(ask())).toEqual({ code: 'H5_LOCKED', pid: process.pid });
    } finally {
      await worker.terminate();
    }
    expect(ask()).toBe('');
  });

  it('is taken over when another thread has its number', async () => {
    const worker = await locker();
    try {
      const record = JSON.parse(readFileSync(lockFile, 'utf8'));
      const { id, started } = record.thread;
      writeFileSync(lockFile, JSON.stringify({ ...record, thread: { id, started: started - 1 } }));
      acquireLock(data).release();
    } finally {
      await worker.terminate();
    }
  });
});

/** The same as `forged`, over a lock that is held by a live process. */
function forgedOver(changes: object): string {
  rmSync(lockFile);
  return forged(changes);
}

/** A program that says why it does not get the lock. */
function asking(): string {
  return `
    import { acquireLock } from ${JSON.stringify(compiled.url('lock'))};
    try {
      acquireLock(${JSON.stringify(data)});
    } catch ({ code, holder, message }) {
      console.log(JSON.stringify({ code, ...(holder && { pid: holder.pid }), ...(!holder && { message }) }));
    }`;
}

describe.skipIf(process.platform !== 'linux')('a lock from before the machine was restarted', () => {
  it('is taken over where no other machine can write', () => {
    writeFileSync(lockFile, forged({ boot: '00000000-0000-0000-0000-000000000000', pid: process.ppid }));
    acquireLock(data).release();
    expect(readdirSync(folder)).toEqual(['data.h5']);
  });

  it.skipIf(!canMount)(`is not taken over where that is not known${canMountNote}`, () => {
    execFileSync('mount', ['-t', 'ramfs', 'ramfs', folder]);
    try {
      writeFileSync(lockFile, forged({ boot: '00000000-0000-0000-0000-000000000000', pid: process.ppid }));
      expect(refusal().message).toContain('cannot be seen from here');
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

describe('a lock file that is not one', () => {
  const old = () => {
    const time = new Date(Date.now() - 11 * SECONDS);
    utimesSync(lockFile, time, time);
  };

  it.each([
    ['empty', ''],
    ['zeros', '\0'.repeat(200)],
    ['cut off', '{"pid":12,"host":"vm","id":"'],
  ])('is in the way for 10 s when it is %s', (_, content) => {
    writeFileSync(lockFile, content);
    const error = refusal();
    expect(error.holder).toBeUndefined();
    expect(error.message).toContain('try again in 10 s');
    const time = new Date(Date.now() - 8 * SECONDS);
    utimesSync(lockFile, time, time);
    refusal();
    old();
    const lock = acquireLock(data);
    expect(JSON.parse(readFileSync(lockFile, 'utf8')).pid).toBe(process.pid);
    lock.release();
    expect(readdirSync(folder)).toEqual(['data.h5']);
  });

  it('is not touched when its time lies in the future', () => {
    writeFileSync(lockFile, '');
    const time = new Date(Date.now() + 3600 * SECONDS);
    utimesSync(lockFile, time, time);
    refusal();
  });

  it.each([
    ['of another version', '{"version":9,"owner":"someone"}'],
    ['JSON of another kind', '"free"'],
    ['null', 'null'],
    ['with a pid of 0', () => forged({ pid: 0 })],
    ['with a pid that is a group of processes', () => forged({ pid: -1 })],
    ['with a path for an id', () => forged({ id: '/../../../../../../../../etc/passwd' })],
    ['with a date that is none', () => forged({ opened: 'yesterday' })],
    ['longer than any', 'x'.repeat(1 << 20)],
  ])('is never touched when it is %s', (_, content) => {
    const text = typeof content === 'string' ? content : content();
    writeFileSync(lockFile, text);
    old();
    expect(refusal().message).toContain('delete it');
    expect(readFileSync(lockFile, 'utf8')).toBe(text);
    expect(readdirSync(folder).sort()).toEqual(['.data.h5.h5lock', 'data.h5']);
  });

  it('is never touched when it is no file', () => {
    mkdirSync(lockFile);
    expect(refusal().message).toContain('is not a file');
    rmSync(lockFile, { recursive: true });
    symlinkSync(data, lockFile);
    expect(refusal().message).toContain('is not a file');
    rmSync(lockFile);
    symlinkSync('nowhere', lockFile);
    expect(refusal().message).toContain('is not a file');
    rmSync(lockFile);
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [lockFile]);
    expect(refusal().message).toContain('is not a file');
  });
});

describe('what dead processes leave while they take over', () => {
  it('is followed to its end: the last one counts', () => {
    const ids = Array.from({ length: 5 }, (_, i) => String(i).repeat(32));
    writeFileSync(lockFile, forgedOverNothing({ pid: DEAD, id: ids[0] }));
    for (let i = 1; i < 5; i++)
      writeFileSync(`${lockFile}.${ids[i - 1]}`, forgedWithout({ pid: DEAD + i, id: ids[i] }));
    const last = `${lockFile}.${ids[3]}`;
    const dead = readFileSync(last, 'utf8');
    writeFileSync(
      last,
      dead.replace(/"pid":\d+/, '"pid":1').replace(/"started":\d+/, `"started":${startOf(1)}`),
    );
    expect(refusal().holder?.pid).toBe(1);
    writeFileSync(last, dead);
    const lock = acquireLock(data);
    expect(readdirSync(folder).sort()).toEqual(['.data.h5.h5lock', 'data.h5']);
    lock.release();
  });

  it('may be a circle, made to keep us busy', () => {
    writeFileSync(lockFile, forgedOverNothing({ pid: DEAD, id: ID }));
    writeFileSync(`${lockFile}.${ID}`, readFileSync(lockFile));
    expect(refusal().message).toContain('delete');
  });

  it('is removed by the next one that takes over, and nothing else is', () => {
    const dead = forgedOverNothing({ pid: DEAD, id: ID });
    const living = forgedWithout({});
    writeFileSync(lockFile, dead);
    writeFileSync(`${lockFile}.${'a'.repeat(32)}.tmp`, dead);
    writeFileSync(`${lockFile}.${'b'.repeat(32)}`, dead);
    writeFileSync(`${lockFile}.${'c'.repeat(32)}.tmp`, living);
    const others = ['.data.h5.h5lock.mine', `.data.h5.h5lock.${'d'.repeat(32)}.h5lock`, '.data.h5.h5lockx'];
    for (const name of others) writeFileSync(join(folder, name), dead);
    acquireLock(data).release();
    expect(readdirSync(folder).sort()).toEqual(
      ['data.h5', `.data.h5.h5lock.${'c'.repeat(32)}.tmp`, ...others].sort(),
    );
  });

  function forgedOverNothing(changes: object): string {
    return forged({ started: 1, ...changes });
  }

  /** The same while there is a lock: made for another file. */
  function forgedWithout(changes: object): string {
    const lock = acquireLock(join(folder, 'another'));
    const record = JSON.parse(readFileSync(lock.path, 'utf8'));
    lock.release();
    return JSON.stringify({ ...record, ...changes });
  }

  function startOf(pid: number): number | undefined {
    if (process.platform !== 'linux') return undefined;
    return Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[19]);
  }
});

describe('a folder that may not be written', () => {
  it.skipIf(!canMount)(`is reported when its file system is read-only${canMountNote}`, () => {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
    try {
      writeFileSync(data, 'x');
      execFileSync('mount', ['-o', 'remount,ro', folder]);
      const error = thrown(() => acquireLock(data));
      expect(error).toBeInstanceOf(H5SystemError);
      expect(error).toMatchObject({ code: 'EROFS', path: data });
      expect(error.message).toMatch(/cannot make a lock file.*beside .*data\.h5.*open it for reading only/);
    } finally {
      execFileSync('umount', [folder]);
    }
  });

  it('is reported when it is for others to write', () => {
    chmodSync(folder, 0o555);
    const other = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', asking()], {
      ...other,
      encoding: 'utf8',
    });
    chmodSync(folder, 0o755);
    const { code, message } = JSON.parse(output);
    expect(code).toBe('EACCES');
    expect(message).toContain('check the permissions');
    expect(readdirSync(folder)).toEqual(['data.h5']);
  });
});

function thrown(run: () => unknown): Error & { code?: string } {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not throw');
}

// ---- many at once -----------------------------------------------------------------------------------------

/** Starts processes that fight for the lock, again when they have been killed, until all have done their rounds. */
async function fight(options: {
  processes: number;
  rounds: number;
  deaths: number;
  links: boolean;
  seed: number;
}): Promise<{ inside: number; two: number; killed: number; errors: string[] }> {
  const log = join(folder, 'log');
  writeFileSync(log, '');
  const insideOf = (pid: number | undefined) =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line === `in ${pid}`).length;
  let killed = 0;
  let seed = options.seed;
  const one = async () => {
    for (let left = options.rounds; left > 0; ) {
      const settings = {
        ...options,
        lockModule: compiled.url('lock'),
        path: data,
        log,
        socket: basename(folder),
        rounds: left,
        seed: ++seed,
      };
      const fighter = fileURLToPath(new URL('fighter.mjs', import.meta.url));
      const child = spawn(process.execPath, [fighter, JSON.stringify(settings)], { stdio: 'inherit' });
      children.add(child);
      const [, signal] = await once(child, 'exit');
      children.delete(child);
      if (signal === null) return;
      killed++;
      left -= insideOf(child.pid);
    }
  };
  await Promise.all(Array.from({ length: options.processes }, one));
  const lines = readFileSync(log, 'utf8').split('\n');
  return {
    inside: lines.filter((line) => line.startsWith('in ')).length,
    two: lines.filter((line) => line.startsWith('TWO INSIDE')).length,
    killed,
    errors: lines.filter((line) => line.startsWith('error')),
  };
}

describe.skipIf(process.platform !== 'linux')('many processes', () => {
  it('are never two inside, and get there', async () => {
    const rounds = THOROUGH ? 25 : 10;
    const result = await fight({ processes: 8, rounds, deaths: 0, links: true, seed: 1 });
    expect(result).toEqual({ inside: 8 * rounds, two: 0, killed: 0, errors: [] });
    expect(readdirSync(folder).sort()).toEqual(['data.h5', 'log']);
  });

  it('are never two inside when they are killed at any moment', async () => {
    const { inside, two, killed, errors } = await fight({
      processes: 6,
      rounds: 15,
      deaths: 50,
      links: true,
      seed: 1000,
    });
    expect({ two, errors }).toEqual({ two: 0, errors: [] });
    expect(inside).toBeGreaterThanOrEqual(90);
    expect(killed).toBeGreaterThan(5);
    // One more death, so that there is something to take over: then all of it goes. Files that were made and not yet
    // written to must be old.
    const time = new Date(Date.now() - 11 * SECONDS);
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), time, time);
    const child = await holder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    acquireLock(data).release();
    expect(readdirSync(folder).sort()).toEqual(['data.h5', 'log']);
  });

  it('are never two inside where there are no links', async () => {
    const result = await fight({ processes: 6, rounds: 12, deaths: 0, links: false, seed: 2000 });
    expect(result).toEqual({ inside: 72, two: 0, killed: 0, errors: [] });
    expect(readdirSync(folder).sort()).toEqual(['data.h5', 'log']);
  });
});

describe('any order of system calls', () => {
  const THREADS = 3;
  const FIRST_PID = 2 ** 30;
  const PIDS = 64;
  const CASES = casesOf(20, 1 / 20);
  const [STEP, DIE] = [1, 2];
  const [WORKING, HOLDING, FINISHED] = [0, 2, 3];

  it.skipIf(process.platform !== 'linux')(
    'and any deaths lead to one holder, and none is locked out',
    async () => {
      const words = new Int32Array(new SharedArrayBuffer((THREADS * 3 + PIDS) * 4));
      const failures: string[] = [];
      const threads: Worker[] = [];
      for (let index = 0; index < THREADS; index++) {
        const channel = new MessageChannel();
        channel.port1.on('message', (text) => failures.push(text));
        const thread = new Worker(new URL('stepper.mjs', import.meta.url), {
          workerData: {
            lockModule: compiled.url('lock'),
            shared: words.buffer,
            index,
            firstPid: FIRST_PID,
            threads: THREADS,
            failures: channel.port2,
          },
          transferList: [channel.port2],
        });
        await once(thread, 'message');
        threads.push(thread);
      }
      const status = (index: number) => Atomics.load(words, index * 3 + 1);
      const stopped = (index: number) => {
        while (status(index) === WORKING) Atomics.wait(words, index * 3 + 1, WORKING);
      };
      /** Lets a thread do one thing, and waits until it wants to do the next. */
      const command = (index: number, what: number) => {
        Atomics.store(words, index * 3 + 1, WORKING);
        Atomics.store(words, index * 3, what);
        Atomics.notify(words, index * 3);
        stopped(index);
      };
      const template = forged({ started: 1 });
      const dead = (pid: number, id: string) =>
        JSON.stringify({ ...JSON.parse(template), pid: FIRST_PID + pid, id });

      const outcomes = { held: 0, died: 0 };
      for (let seed = 1; seed <= CASES; seed++) {
        const random = seeded(seed);
        words.fill(0);
        let pids = 0;
        const start = (index: number) => {
          Atomics.store(words, index * 3 + 2, pids);
          Atomics.store(words, THREADS * 3 + pids++, 1);
          threads[index]?.postMessage({ path: data, attempts: 1 + random(3) });
          stopped(index);
        };
        // Free, or left by one that died, or by several that died while they took over.
        const leftovers = random(4);
        const ids = ['1', '2', '3'].map((digit) => digit.repeat(32));
        if (leftovers > 0) writeFileSync(lockFile, dead(61, ids[0] as string));
        for (let i = 1; i < leftovers; i++)
          writeFileSync(`${lockFile}.${ids[i - 1]}`, dead(61 + i, ids[i] as string));

        for (let index = 0; index < THREADS; index++) start(index);
        // A thread goes on for a while before another one does, or they alternate.
        const patience = 1 + random(6);
        let holder = -1;
        let deaths = 3;
        let current = 0;
        for (;;) {
          const running = [0, 1, 2].filter((index) => status(index) !== FINISHED);
          if (running.length === 0) break;
          if (!running.includes(current) || random(patience) === 0)
            current = running[random(running.length)] as number;
          const dies = deaths > 0 && random(20) === 0;
          if (holder === current) holder = -1;
          if (dies) {
            deaths--;
            outcomes.died++;
          }
          command(current, dies ? DIE : STEP);
          if (dies && random(2) === 0) {
            // A new one in the place of the dead.
            Atomics.store(words, current * 3 + 1, WORKING);
            start(current);
          }
          if (status(current) === HOLDING) {
            if (holder >= 0) throw new Error(`two have the lock (seed ${seed})`);
            holder = current;
            outcomes.held++;
          }
        }
        acquireLock(data).release();
        for (const name of readdirSync(folder)) if (name !== 'data.h5') rmSync(join(folder, name));
      }
      // What threads threw arrives when this one rests.
      await Promise.all(threads.map((thread) => thread.terminate()));
      expect(failures).toEqual([]);
      // It was about something: there were holders and deaths.
      expect(outcomes.held).toBeGreaterThan(CASES);
      expect(outcomes.died).toBeGreaterThan(CASES / 2);
    },
  );
});
