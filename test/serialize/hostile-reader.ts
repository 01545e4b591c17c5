import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { withFile } from '../oracle/temporary-file.js';
import { type Compiled, compile } from '../storage/compiled.js';

/** What became of a file. */
export interface Outcome {
  /** `a value`, the message of an error of ours, or the stack of one that is not. */
  readonly came: string;
  readonly isOurs: boolean;
  readonly milliseconds: number;
  /** The most memory that the process has taken. */
  readonly megabytes: number;
}

/** Megabytes of objects that the process may have at one time: with more it would be killed. */
const HEAP = 768;

/** Reads files in a process of its own, so that what they take can be limited and measured. */
export class HostileReader {
  #compiled: Compiled | undefined;
  #child: ChildProcessByStdio<Writable, Readable, null> | undefined;
  #lines: AsyncIterator<string> | undefined;

  async start(): Promise<void> {
    this.#compiled = await compile({ process: '../serialize/hostile-process.ts' });
    const program = fileURLToPath(this.#compiled.url('process'));
    this.#child = spawn(process.execPath, [`--max-old-space-size=${HEAP}`, program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async read(bytes: Uint8Array): Promise<Outcome> {
    return withFile(bytes, async (path) => {
      this.#child?.stdin.write(`${path}\n`);
      const line = await this.#lines?.next();
      if (!line || line.done) throw new Error('the process has ended: the file takes too much memory');
      return JSON.parse(line.value) as Outcome;
    });
  }

  async stop(): Promise<void> {
    this.#child?.kill();
    await this.#compiled?.remove();
  }
}
