import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePorts } from '../kit/free-ports.ts'
import { program, someContinuo } from '../kit/started.ts'
import { until } from '../kit/until.ts'

test('one command brings everything up, and Ctrl-C ends it within 10 s', async (t) => {
  const { env, start, children } = await someContinuo(t)
  const { child, lines } = await start()
  assert.equal(
    lines.at(-1),
    `Continuo is up: http://localhost:${env.DASHBOARD_PORT} (Ctrl-C stops everything)`,
    lines.join('\n'),
  )
  assert.equal((await fetch(`http://localhost:${env.DASHBOARD_PORT}`)).status, 200)
  const config = await (await fetch(`http://localhost:${env.DASHBOARD_PORT}/api/config`)).text()
  assert.match(config, /"vapidPublicKey":"B[\w-]{86}"/, 'of the development key')
  const roles = ['dashboard', 'gateway', 'push', 'run', 'simulate', 'sinks', 'trainer']
  assert.deepEqual(children().sort(), roles)
  child.kill('SIGINT')
  const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(10_000) })) as [number]
  assert.equal(code, 0)
  assert.deepEqual(lines.slice(-2), ['Stopping …', 'Stopped.'])
  assert.deepEqual(children(), [])
})

test('asked for services only, it runs nothing on them', async (t) => {
  const { start, children, env } = await someContinuo(t)
  Object.assign(env, await freePorts(['CONTINUO_REDIS_PORT']), { REDIS_URL: undefined })
  const { child, lines } = await start('--services-only')
  assert.equal(lines.at(-1), 'The services are up (Ctrl-C stops them)')
  assert.deepEqual(children(), ['redis'])
  child.kill('SIGINT')
  assert.deepEqual(await once(child, 'exit'), [0, null])
  assert.deepEqual(children(), [])
})

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal} to npm alone ends everything within 10 s`, async (t) => {
    const { env, dataDir, children } = await someContinuo(t)
    const npm = spawn('npm', ['start', '--', '--no-simulator', '--data-dir', dataDir], {
      cwd: join(import.meta.dirname, '../..'),
      env,
      stdio: 'ignore',
    })
    await until(() => children().length > 0, { within: 30_000, what: 'its first process' })
    const { pid } = JSON.parse(await readFile(join(dataDir, 'run', 'lock.json'), 'utf8')) as { pid: number }
    t.after(() => isRunning(pid) && process.kill(pid, 'SIGKILL'))
    npm.kill(signal)
    await until(() => !isRunning(pid), { within: 10_000, what: 'the end of continuo start' })
    assert.deepEqual(children(), [])
  })

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a Ctrl-C that npm passes on once more is one Ctrl-C', async (t) => {
  const { env, dataDir, children } = await someContinuo(t)
  const args = [program, 'start', '--dev', '--no-simulator', '--data-dir', dataDir]
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' })
  await until(() => children().length > 0, { what: 'its first process' })
  child.kill('SIGINT')
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
  assert.deepEqual(children(), [])
})

test('when it is killed, its processes end by themselves', async (t) => {
  const { start, children } = await someContinuo(t)
  const { child } = await start()
  child.kill('SIGKILL')
  await until(() => children().length === 0, { within: 15_000, what: 'its processes to end' })
})

test('a Ctrl-C while it starts ends it, too', async (t) => {
  const { env, dataDir, children } = await someContinuo(t)
  const args = [program, 'start', '--dev', '--no-simulator', '--data-dir', dataDir]
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' })
  await until(() => children().length > 0, { what: 'its first process' })
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
  assert.deepEqual(children(), [])
})

test('a flag that is no number is refused', async () => {
  const args = [program, 'start', '--rate', 'many']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const [refusal] = (await once(child.stderr, 'data')) as [Buffer]
  assert.match(refusal.toString(), /'--rate <plays>' argument 'many' is invalid. Give a number./)
})
