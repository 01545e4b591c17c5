import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The options of this project, with others in their place. */
export function compilerOptions(others: ts.CompilerOptions): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, ROOT);
  return { ...options, ...others };
}

/**
 * What the compiler has to say about files, as it prints it: the empty string where all is well. What they import is not looked
 * through. `texts` are files that are not on the disk.
 */
export function typeErrors(
  files: readonly string[],
  options: ts.CompilerOptions,
  texts: ReadonlyMap<string, string> = new Map(),
): string {
  const program = ts.createProgram(files, options, hostOf(options, texts));
  const diagnostics = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap((file) => [
      ...program.getSyntacticDiagnostics(program.getSourceFile(file)),
      ...program.getSemanticDiagnostics(program.getSourceFile(file)),
    ]),
  ];
  return ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => ROOT,
    getNewLine: () => '\n',
  });
}

/**
 * What was parsed stays, and is bound once: the declarations of the language, of Node and of this package, which all programs
 * have in common, take most of their time. Programs may share a file if all that it is parsed and bound by is the same:
 * the registry does that for the compiler's language service, and so knows what that is.
 */
const documents = ts.createDocumentRegistry(true, ROOT);

function hostOf(options: ts.CompilerOptions, texts: ReadonlyMap<string, string>): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => texts.has(name) || fileExists(name);
  host.readFile = (name) => texts.get(name) ?? readFile(name);
  host.getSourceFile = (name, how) => {
    const text = host.readFile(name);
    if (text === undefined) return undefined;
    const snapshot = ts.ScriptSnapshot.fromString(text);
    return documents.acquireDocument(name, options, snapshot, text, undefined, how);
  };
  return host;
}
