import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { topics } from '../../schemas/topics.ts'

const program = join(import.meta.dirname, '../../cli/main.ts')

/** `continuo …`, where there is no Kafka. */
function continuo(...args: string[]) {
  const env = { ...process.env, KAFKA_BROKERS: 'localhost:1' }
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [program, ...args], { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

test('the help says what a line holds', async () => {
  assert.match((await continuo('show', '--help')).stdout, /"undecodable"/)
})

test('a topic that does not exist is named, with those that do', async () => {
  const { code, stderr } = await continuo('show', 'no-topic-of-anybody')
  assert.equal(code, 1)
  for (const name of ['no-topic-of-anybody', ...Object.values(topics).map(({ name }) => name)])
    assert.ok(stderr.includes(name), stderr)
})

for (const raw of ['plays', 'reactions', 'preferences'])
  test(`raw ${raw} are shown to nobody who has not said --raw, and it says why`, async () => {
    const { code, stdout, stderr } = await continuo('show', raw)
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, new RegExp(`^error: ${raw} holds raw user ids.*${raw}-clean.*--raw`))
  })

test('a count that is none is refused', async () => {
  for (const count of ['0', '-1', 'x', '1.5', ''])
    assert.match(
      (await continuo('show', 'late-plays', '--count', count)).stderr,
      /whole number of at least 1/,
    )
})
