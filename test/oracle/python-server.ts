import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { PYTHON } from './python.js';

const LIMIT_MS = 30_000;

interface Question {
  path: string;
  resolve(answer: string): void;
  reject(error: Error): void;
}

interface Server {
  child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Answers come in the order of the questions. */
  questions: Question[];
}

/** One Python process for all questions of a test file: a path goes in, a line of JSON comes back. */
export class PythonServer {
  readonly #script: string;
  #server: Server | undefined;

  /** `script` stands in this folder and has the mode `--serve`. */
  constructor(script: string) {
    this.#script = fileURLToPath(new URL(script, import.meta.url));
  }

  ask(path: string): Promise<string> {
    this.#server ??= this.#start();
    const { child, questions } = this.#server;
    return new Promise<string>((resolve, reject) => {
      // A damaged file can make libhdf5 run forever.
      const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
      const settled = <A>(settle: (argument: A) => void) => {
        return (argument: A) => {
          clearTimeout(timer);
          settle(argument);
        };
      };
      questions.push({ path, resolve: settled(resolve), reject: settled(reject) });
      child.stdin.write(`${path}\n`);
    });
  }

  /** Ends the process; the next question starts another. */
  stop(): void {
    this.#server?.child.kill();
    this.#server = undefined;
  }

  #start(): Server {
    const child = spawn(PYTHON, [this.#script, '--serve'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const started: Server = { child, questions: [] };
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    createInterface({ input: child.stdout }).on('line', (line) => started.questions.shift()?.resolve(line));
    const ended = (reason: string) => {
      if (this.#server === started) this.#server = undefined;
      for (const { path, reject } of started.questions.splice(0)) {
        reject(new Error(`Python ended at ${path}: ${reason}\n${complaints}`));
      }
    };
    child.on('error', (error) => ended(error.message));
    child.on('close', (code, signal) => ended(signal ?? `exit code ${code}`));
    // Its end is told by 'close'; a write to a process that has just ended must not be an error of its own.
    child.stdin.on('error', () => {});
    return started;
  }
}
