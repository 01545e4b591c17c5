import type { Graph } from '../serialize/graph.js';
import { PythonServer } from './python-server.js';
import { withFile } from './temporary-file.js';

const server = new PythonServer('./layout_reader.py');

/** The graph of the value in a file, as the reader in Python finds it that was written from docs/FORMAT.md. */
export async function readLayout(source: string | Uint8Array): Promise<Graph> {
  return withFile(source, async (path) => {
    const answer = JSON.parse(await server.ask(path)) as Graph & { error?: string };
    if (answer.error !== undefined) throw new Error(`layout_reader.py: ${answer.error}`);
    return answer;
  });
}

/** Ends the Python process; the next question starts another. */
export function stopLayoutReader(): void {
  server.stop();
}
