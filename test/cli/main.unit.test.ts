import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { topologies } from '../../pipelines/topologies/index.ts'

const program = join(import.meta.dirname, '../../cli/main.ts')

function continuo(args: string[], env: NodeJS.ProcessEnv = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [program, ...args],
      { env: { ...process.env, ...env } },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

test('--help names every verb, and ends well', async () => {
  const { code, stdout } = await continuo(['--help'])
  assert.equal(code, 0)
  for (const verb of [
    'start',
    'migrate',
    'run',
    'sinks',
    'gateway',
    'dashboard',
    'simulate',
    'import',
    'token',
  ])
    assert.match(stdout, new RegExp(`^  ${verb}\\b`, 'm'))
})

test('run --help names every topology', async () => {
  const { stdout } = await continuo(['run', '--help'])
  for (const name of Object.keys(topologies)) assert.ok(stdout.includes(`"${name}"`), stdout)
})

test('an unknown verb or topology ends badly and shows where to look', async () => {
  const verb = await continuo(['fly'])
  assert.equal(verb.code, 1)
  assert.match(verb.stderr, /unknown command 'fly'[^]*--help/)
  const unknown = await continuo(['run', 'fly'])
  assert.equal(unknown.code, 1)
  assert.match(unknown.stderr, /'fly' is invalid.*anonymise/)
})

test('a bad variable ends it with one line that names it, and no stack', async () => {
  const { code, stderr } = await continuo(['migrate'], { KAFKA_BROKERS: 'nowhere' })
  assert.equal(code, 1)
  assert.equal(stderr, 'continuo: KAFKA_BROKERS: expected host:port[,host:port…]\n')
})
