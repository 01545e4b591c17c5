/** What the types of public names are made of has a name as well: else no program could write down what it got. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { compilerOptions } from './typescript.js';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const ENTRIES = [
  'index',
  'node',
  'containers',
  'datasets',
  'editing',
  'filters',
  'indexes',
  'integrations/class-transformer',
  'numpy',
  'parts',
  'streaming',
  'values',
  'verify',
];

/** Programs hand these on as they got them: what is in them may change at any time. */
const OPAQUE = new Set(['Datasets', 'Editing', 'GroupIndexes', 'Parts', 'Streaming', 'Values']);

/** Of these only what they stand for is seen. */
const INLINE = new Set([
  'Bits',
  'Size',
  'TEMPORAL',
  'CopiedEach',
  'LiveList',
  'LiveMap',
  'LiveObject',
  'Whole',
]);

const program = ts.createProgram(
  ENTRIES.map((name) => `${SRC}${name}.ts`),
  compilerOptions({}),
);
const checker = program.getTypeChecker();

/** What a file, or a namespace that one exports, has of names. */
function namesOf(module: ts.Symbol): ts.Symbol[] {
  return checker
    .getExportsOfModule(module)
    .map(aliased)
    .flatMap((symbol) => (symbol.flags & ts.SymbolFlags.Module ? namesOf(symbol) : [symbol]));
}

function aliased(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** Whether users see no declaration of it. */
function isHidden(node: ts.Node): boolean {
  const isPrivate =
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) === true;
  const { name } = node as ts.NamedDeclaration;
  return (
    isPrivate ||
    (name !== undefined && ts.isPrivateIdentifier(name)) ||
    ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal')
  );
}

/** The names of types in a declaration; what is computed is none of it. */
function* typesIn(node: ts.Node): Iterable<ts.Symbol> {
  if (isHidden(node) || ts.isBlock(node)) return;
  const name = ts.isTypeReferenceNode(node)
    ? node.typeName
    : ts.isExpressionWithTypeArguments(node)
      ? node.expression
      : ts.isTypeQueryNode(node)
        ? node.exprName
        : undefined;
  const symbol = name && checker.getSymbolAtLocation(name);
  if (symbol) yield aliased(symbol);
  const { initializer } = node as ts.VariableDeclaration;
  for (const child of node.getChildren()) if (child !== initializer) yield* typesIn(child);
}

const all = new Set(
  ENTRIES.flatMap((name) => {
    const file = program.getSourceFile(`${SRC}${name}.ts`);
    return namesOf(checker.getSymbolAtLocation(file as ts.Node) as ts.Symbol);
  }),
);

test('types in declarations of public names are public', () => {
  expect(all.size).toBeGreaterThan(300);
  const missing = new Set<string>();
  for (const symbol of all) {
    if (OPAQUE.has(symbol.name)) continue;
    for (const declaration of symbol.declarations ?? [])
      for (const type of typesIn(declaration)) {
        const [of] = type.declarations ?? [];
        const isOurs =
          of && !ts.isTypeParameterDeclaration(of) && of.getSourceFile().fileName.startsWith(SRC);
        if (isOurs && !all.has(type) && !INLINE.has(type.name))
          missing.add(`${type.name}, of ${symbol.name}`);
      }
  }
  expect([...missing].sort()).toEqual([]);
});

/** The options in a declaration that may be left out, and may not be undefined. */
function* definedIn(node: ts.Node): Iterable<string> {
  if (ts.isPropertySignature(node) && node.questionToken && node.type) {
    const type = checker.getTypeFromTypeNode(node.type);
    const each = type.isUnion() ? type.types : [type];
    const takesUndefined = ts.TypeFlags.Undefined | ts.TypeFlags.Unknown | ts.TypeFlags.Any;
    if (!each.some(({ flags }) => flags & takesUndefined)) yield node.name.getText();
  }
  for (const child of node.getChildren()) yield* definedIn(child);
}

test('options may be undefined', () => {
  const defined: string[] = [];
  for (const { name, declarations = [] } of all)
    if (/(Options|^Limits|^Expectation|^Watch|^FieldEntry)$/.test(name))
      for (const declaration of declarations)
        for (const option of definedIn(declaration)) defined.push(`${name}.${option}`);
  expect(defined).toEqual([]);
});

test('public names are described', () => {
  const silent = [...all].filter((symbol) => symbol.getDocumentationComment(checker).length === 0);
  expect(silent.map(({ name }) => name)).toEqual([]);
});
