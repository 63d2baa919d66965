import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
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
    'doctor',
    'status',
    'show',
    'state',
    'topics',
    'dlq',
    'privacy',
    'reset',
    'topology',
    'new',
    'token',
  ])
    assert.match(stdout, new RegExp(`^  ${verb}\\b`, 'm'))
})

test('run --help, or help run, names every topology', async () => {
  for (const words of [
    ['run', '--help'],
    ['help', 'run'],
  ]) {
    const { stdout } = await continuo(words)
    for (const name of Object.keys(topologies)) assert.ok(stdout.includes(`"${name}"`), stdout)
  }
})

test('--version is that of the package', async () => {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }
  assert.equal((await continuo(['--version'])).stdout, `${version}\n`)
})

test('an unknown verb or topology ends badly and shows where to look', async () => {
  const verb = await continuo(['fly'])
  assert.equal(verb.code, 1)
  assert.match(verb.stderr, /unknown command 'fly'[^]*--help/)
  const below = await continuo(['gateway', 'fly'])
  assert.deepEqual([below.code, below.stderr.includes('(try --help)')], [1, true])
  const unknown = await continuo(['run', 'fly'])
  assert.equal(unknown.code, 1)
  assert.match(
    unknown.stderr,
    /'fly' is invalid.*anonymise.*; a new one is named in pipelines\/topologies\/index\.ts/,
  )
})

test('a bad variable ends it with one line that names it, and no stack', async () => {
  const { code, stderr } = await continuo(['migrate'], { KAFKA_BROKERS: 'nowhere' })
  assert.equal(code, 1)
  assert.equal(stderr, 'continuo: KAFKA_BROKERS: expected host:port[,host:port…], not "nowhere"\n')
})

test('import looks for the file before it asks for a key or a service', async () => {
  const { code, stderr } = await continuo(['import', 'spotify', '/nowhere/nofile', '--user', 'me'], {
    PSEUDONYM_KEY: undefined,
  })
  assert.equal(code, 1)
  assert.match(stderr, /^continuo: \/nowhere\/nofile cannot be read: ENOENT/)
})

test('run without a key says so in one line, for all keys that its topologies need and no other', async () => {
  const nowhere = ['--data-dir', '/nowhere']
  const env = { PSEUDONYM_KEY: undefined, DEAD_LETTER_KEY: undefined }
  const all = await continuo(['run', ...nowhere], env)
  assert.match(all.stderr, /^continuo: PSEUDONYM_KEY and DEAD_LETTER_KEY are not set\. [^\n]*\n$/)
  const one = await continuo(['run', 'listening-totals', ...nowhere], env)
  assert.match(one.stderr, /^continuo: DEAD_LETTER_KEY is not set\. [^\n]*\n$/)
})
