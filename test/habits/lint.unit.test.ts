import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ESLint } from 'eslint'
import tseslint from 'typescript-eslint'
import { projectRoot } from './small-project.ts'

const lines = (count: number, line = 'f()') => `${line}\n`.repeat(count)

const refused = [
  {
    rule: 'no-restricted-properties',
    path: 'sinks/redis/sink.ts',
    code: `export const url = process.env.REDIS_URL\n`,
  },
  { rule: 'no-console', path: 'gateway/live/socket.ts', code: `console.log('connected')\n` },
  {
    rule: '@typescript-eslint/no-explicit-any',
    path: 'cli/main.ts',
    code: `export const options: any = {}\n`,
  },
  { rule: '@typescript-eslint/ban-ts-comment', path: 'cli/main.ts', code: `// @ts-ignore\nexport {}\n` },
  { rule: 'no-console', path: 'schemas/play.ts', code: `// eslint-disable-next-line\nconsole.log(1)\n` },
  { rule: 'max-lines', path: 'cli/main.ts', code: lines(301) },
  { rule: 'max-lines', path: 'test/cli/main.unit.test.ts', code: lines(301) },
  { rule: 'max-lines-per-function', path: 'cli/main.ts', code: `export function f() {\n${lines(60)}}\n` },
]

const allowed = [
  { path: 'cli/config.ts', code: `export const { env } = process\nconsole.log(env.HOME)\n` },
  { path: 'stack/java.ts', code: `export const home = process.env.JAVA_HOME\n` },
  { path: 'test/cli/main.unit.test.ts', code: `export function suite() {\n${lines(200)}}\n` },
]

for (const { rule, path, code } of refused)
  test(`${rule} is refused in ${path}`, async () => {
    assert.ok((await brokenRules(path, code)).includes(rule))
  })

test('what meets the machine may read the environment and write to the terminal', async () => {
  for (const { path, code } of allowed) assert.deepEqual(await brokenRules(path, code), [], path)
})

/** The rules that need no types, so that no file has to be written. */
async function brokenRules(path: string, code: string): Promise<(string | null)[]> {
  const eslint = new ESLint({ cwd: projectRoot, overrideConfig: tseslint.configs.disableTypeChecked })
  const [result] = await eslint.lintText(code, { filePath: path })
  return result!.messages.filter(({ severity }) => severity === 2).map(({ ruleId }) => ruleId)
}
