import ts from 'typescript'

/** The lines of a file that hold code that can run: line number, from 1 → offsets at which something on it starts. */
export type CodeLines = ReadonlyMap<number, readonly number[]>

/**
 * Finds the lines on which a statement or an expression starts. Types, imports, comments and closing brackets run
 * nothing, so a file of types alone has no such line.
 */
export function codeLines(source: string): CodeLines {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest)
  const lines = new Map<number, number[]>()
  ts.forEachChild(file, visit)
  return lines

  function visit(node: ts.Node): void {
    if (runsNothing(node)) return
    const start = node.getStart(file)
    const line = file.getLineAndCharacterOfPosition(start).line + 1
    const starts = lines.get(line)
    if (starts) starts.push(start)
    else lines.set(line, [start])
    ts.forEachChild(node, visit)
  }
}

function runsNothing(node: ts.Node): boolean {
  return (
    ts.isTypeNode(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isTypeParameterDeclaration(node) ||
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    isOverload(node) ||
    isAmbient(node) ||
    node.kind === ts.SyntaxKind.EndOfFileToken
  )
}

function isOverload(node: ts.Node): boolean {
  return (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) && node.body === undefined
}

function isAmbient(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword)
  )
}
