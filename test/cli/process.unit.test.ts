import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { until } from '../kit/until.ts'
import { freePort } from '../schemas/registry-stub.ts'

const program = join(import.meta.dirname, 'fixtures/role.ts')

interface LogLine {
  level: number
  msg: string
  name: string
  cause?: string
  err?: { message: string; stack?: string }
}

interface RunningRole {
  child: ChildProcess
  url: string
  /** Exit code, log lines and what went to stderr, once it has ended. */
  ended: Promise<{ code: number | null; lines: LogLine[]; stderr: string }>
}

async function startRole(t: TestContext, how = '', port?: number): Promise<RunningRole> {
  const healthPort = port ?? (await freePort())
  const child = fork(program, [how], {
    env: { ...process.env, HEALTH_PORT: String(healthPort), LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  t.after(() => child.kill('SIGKILL'))
  const ended = Promise.all([once(child, 'exit'), text(child.stdout!), text(child.stderr!)]).then(
    ([[code], stdout, stderr]) => ({
      code: code as number | null,
      lines: stdout
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as LogLine),
      stderr,
    }),
  )
  return { child, url: `http://127.0.0.1:${healthPort}`, ended }
}

const isAlive = ({ url }: RunningRole) =>
  until(async () => (await fetch(`${url}/healthz`)).ok, { what: 'the role to be alive' })

const answerOf = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init)
  return [response.status, await response.text()]
}

test('a process says whether it is alive, whether it works, and what it counts', async (t) => {
  const role = await startRole(t)
  await isAlive(role)
  assert.deepEqual(await answerOf(`${role.url}/healthz`), [200, 'alive\n'])
  assert.deepEqual(await answerOf(`${role.url}/readyz`), [503, 'not ready\n'])
  role.child.send('be ready')
  await until(async () => (await fetch(`${role.url}/readyz`)).ok, { what: 'the role to be ready' })
  assert.deepEqual(await answerOf(`${role.url}/readyz`), [200, 'ready\n'])
  const [, metrics] = await answerOf(`${role.url}/metrics`)
  assert.match(String(metrics), /process_cpu_seconds_total\{role="test-role"\}/)
  assert.deepEqual(await answerOf(`${role.url}/elsewhere`), [404, 'try /healthz, /readyz or /metrics\n'])
  assert.deepEqual(await answerOf(`${role.url}/healthz`, { method: 'POST' }), [405, 'only GET\n'])
})

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal} lets the role commit, and ends the process in order`, async (t) => {
    const role = await startRole(t)
    await isAlive(role)
    role.child.kill(signal)
    const { code, lines, stderr } = await role.ended
    assert.deepEqual([code, stderr], [0, ''])
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['starting', 'started', 'stopping', 'committed', 'stopped'],
    )
    assert.ok(lines.every(({ name }) => name === 'test-role'))
  })

test('a second signal does not begin to stop again', async (t) => {
  const role = await startRole(t, 'never-stops')
  await isAlive(role)
  role.child.kill('SIGTERM')
  await until(async () => !(await fetch(`${role.url}/readyz`)).ok, { what: 'the role to be stopping' })
  role.child.kill('SIGINT')
  const { code, lines } = await role.ended
  assert.equal(lines.filter(({ msg }) => msg === 'stopping').length, 1)
  assert.equal(code, 1)
  assert.match(lines.at(-1)?.err?.message ?? '', /did not stop within 9500 ms/)
})

test('when its parent is gone it stops in order', async (t) => {
  const role = await startRole(t)
  await isAlive(role)
  role.child.disconnect()
  const { code, lines } = await role.ended
  assert.equal(code, 0)
  assert.equal(lines.find(({ msg }) => msg === 'stopping')?.cause, 'the parent process is gone')
})

for (const how of ['crashes', 'crashes-with-text', 'throws', 'rejects', 'stops-badly'])
  test(`a role that ${how} ends the process with 1 and one line that says why`, async (t) => {
    const role = await startRole(t, how)
    if (how === 'stops-badly') {
      await isAlive(role)
      role.child.kill('SIGTERM')
    }
    const { code, lines, stderr } = await role.ended
    assert.deepEqual([code, stderr], [1, ''])
    const fatal = lines.filter(({ level }) => level === 60)
    assert.equal(fatal.length, 1)
    assert.deepEqual([fatal[0]?.msg, fatal[0]?.err?.message], ['crash', 'as told'])
  })

test('a role that cannot start ends the process with 1 and its error', async (t) => {
  const { code, lines } = await (await startRole(t, 'never-starts')).ended
  assert.equal(code, 1)
  assert.equal(lines.at(-1)?.err?.message, 'no start')
})

test('a variable that is wrong is told in one line to who has set it, any other error with its stack to the log', async (t) => {
  const { code, lines, stderr } = await (await startRole(t, 'refuses-option')).ended
  assert.deepEqual([code, stderr], [1, 'continuo: GATEWAY_PORT: take another\n'])
  assert.ok(lines.every(({ level }) => level < 60))
  const unexpected = await (await startRole(t, 'never-starts')).ended
  assert.match(unexpected.lines.at(-1)?.err?.stack ?? '', /role\.ts/)
})

test('a health port in use is told by the name of its variable', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as { port: number }
  const { code, lines } = await (await startRole(t, '', port)).ended
  assert.equal(code, 1)
  assert.equal(lines.at(-1)?.err?.message, `HEALTH_PORT ${port} is in use: set HEALTH_PORT to a free port`)
})
