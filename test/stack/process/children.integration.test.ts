import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startChild, type Child } from '../../../stack/process/child.ts'
import { identify, isAlive } from '../../../stack/process/identity.ts'
import { endLeftovers, livingChildren } from '../../../stack/process/pid-files.ts'
import { waitUntilReady } from '../../../stack/process/ready.ts'
import { until } from '../../kit/until.ts'

async function folder(t: TestContext): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-children-'))
  t.after(() => rm(dataDir, { recursive: true }))
  return dataDir
}

const untilStopped = 'setInterval(() => {}, 1e6)'
const deaf = `process.on('SIGTERM', () => {}); console.log('listening'); ${untilStopped}`

function run(dataDir: string, script: string, name = 'child'): Promise<Child> {
  return startChild({ name, dataDir, file: process.execPath, args: ['-e', script], env: process.env })
}

function log(child: Child): Promise<string> {
  return readFile(child.logFile, 'utf8')
}

test('a child is noted while it runs, and what it writes goes to its log', async (t) => {
  const dataDir = await folder(t)
  const child = await run(dataDir, `console.log('out'); console.error('err'); ${untilStopped}`)
  assert.deepEqual(
    livingChildren(dataDir).map(({ name, pid }) => ({ name, pid })),
    [{ name: 'child', pid: child.pid }],
  )
  await until(async () => (await log(child)).includes('err'), { what: 'both lines in the log' })
  assert.deepEqual(await child.stop(5000), { code: null, signal: 'SIGTERM' })
  assert.deepEqual(livingChildren(dataDir), [])
  assert.equal(existsSync(join(dataDir, 'run', 'child.pid.json')), false)
})

test('a child that does not listen to SIGTERM is ended by force', async (t) => {
  const child = await run(await folder(t), deaf)
  await until(async () => (await log(child)).includes('listening'), { what: 'the child to be deaf' })
  assert.deepEqual(await child.stop(50), { code: null, signal: 'SIGKILL' })
})

test('a program that does not exist is an error', async (t) => {
  const options = { name: 'no', dataDir: await folder(t), file: '/no/such/program', args: [], env: {} }
  await assert.rejects(startChild(options), { code: 'ENOENT' })
})

test('a log that has grown large is put aside', async (t) => {
  const dataDir = await folder(t)
  const first = await run(dataDir, '')
  await first.exited
  await truncate(first.logFile, 11 * 1024 * 1024)
  await (
    await run(dataDir, '')
  ).exited
  assert.ok(existsSync(`${first.logFile}.1`))
})

test('a child that ends, or does not answer in time, is an error with the end of its log', async (t) => {
  const dataDir = await folder(t)
  const { signal } = new AbortController()
  const never = { title: 'Kafka', answers: () => Promise.resolve(false), within: 60_000, signal }
  const failing = await run(dataDir, "console.error('bad setting'); process.exit(3)")
  await assert.rejects(waitUntilReady(failing, never), {
    code: 'service_failed',
    message: /^Kafka ended with code 3 before it was up: see .*child\.log, which ends:\nbad setting$/,
  })
  const silent = await run(dataDir, untilStopped)
  await assert.rejects(
    waitUntilReady(silent, { ...never, within: 50 }),
    /did not answer within 0\.05 s before it was up/,
  )
  assert.equal((await silent.exited).signal, 'SIGKILL')
})

test('a start that is given up leaves no child', async (t) => {
  const child = await run(await folder(t), untilStopped)
  const signal = AbortSignal.abort(new Error('given up'))
  const answers = () => Promise.resolve(true)
  await assert.rejects(waitUntilReady(child, { title: 'Kafka', answers, within: 1000, signal }), /given up/)
  assert.equal((await child.exited).signal, 'SIGKILL')
})

test('leftovers are ended, by force if need be, and reported', async (t) => {
  const dataDir = await folder(t)
  const willing = await run(dataDir, untilStopped, 'willing')
  const unwilling = await run(dataDir, deaf, 'unwilling')
  await until(async () => (await log(unwilling)).includes('listening'), { what: 'the child to be deaf' })
  assert.deepEqual((await endLeftovers(dataDir, { within: 100 })).sort(), ['unwilling', 'willing'])
  assert.equal((await willing.exited).signal, 'SIGTERM')
  assert.equal((await unwilling.exited).signal, 'SIGKILL')
})

test('a process that merely has the number of a leftover is left alone', async (t) => {
  const dataDir = await folder(t)
  const bystander = await run(dataDir, untilStopped)
  const file = join(dataDir, 'run', 'child.pid.json')
  const record = JSON.parse(await readFile(file, 'utf8')) as { started: string }
  await writeFile(file, JSON.stringify({ ...record, started: 'in an earlier life' }))
  assert.deepEqual(await endLeftovers(dataDir), [])
  const found = identify(bystander.pid)
  assert.ok(found && isAlive(found))
  await bystander.kill()
})

test('only the children of the owner that is asked for are ended', async (t) => {
  const dataDir = await folder(t)
  const mine = await run(dataDir, untilStopped)
  assert.deepEqual(
    await endLeftovers(dataDir, { ownedBy: { pid: process.pid, started: 'in an earlier life' } }),
    [],
  )
  const me = identify(process.pid)
  assert.deepEqual(await endLeftovers(dataDir, { ownedBy: me }), ['child'])
  await mine.exited
})
