// Decisions are pure: no waiting and no clock in src/core. The linter knows the globals; this knows the syntax that it cannot forbid.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const folder = 'src/core'
let faults = 0

for (const name of readdirSync(folder).filter((file) => file.endsWith('.ts'))) {
  const path = join(folder, name)
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
  const visit = (node) => {
    const what = faultOf(node)
    if (what !== undefined) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart())
      process.stdout.write(`${path}:${line + 1}: core is pure: ${what}\n`)
      faults += 1
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
}
process.exitCode = faults > 0 ? 1 : 0

/** @returns what is wrong, or undefined */
function faultOf(node) {
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'no async functions'
  if (ts.isAwaitExpression(node)) return 'no await'
  const isNow = ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length
  return isNow ? 'the time is given to it' : undefined
}
