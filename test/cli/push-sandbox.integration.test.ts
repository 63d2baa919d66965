import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, after, before, test } from 'node:test'
import { pseudonymise } from '../../schemas/pseudonym.ts'
import { freePort } from '../../stack/ports.ts'
import { cliKeys, runCli } from '../gateway/kit/cli.ts'
import { notification, pushRoom } from '../gateway/push/push-room.ts'
import { topics } from '../../schemas/topics.ts'
import { until } from '../kit/until.ts'

let room: Awaited<ReturnType<typeof pushRoom>>
before(async () => {
  room = await pushRoom()
})
after(async () => {
  await room.killStages()
  await room.close()
})

async function sandbox(t: TestContext, folder: string, ...args: string[]) {
  const port = String(await freePort())
  const running = runCli(t, ['push', 'sandbox', '--data-dir', folder, '--port', port, ...args], room.env)
  await until(() => running.stdout().includes('Push sandbox at'), { within: 60_000, what: 'the sandbox' })
  return { ...running, origin: `https://localhost:${port}` }
}

test('a listener whom the sandbox is told of gets pushes there, by what it says to start with', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-sandbox-'))
  t.after(() => rm(folder, { recursive: true }))
  const { stdout, origin } = await sandbox(t, folder, '--listener', 'ada')
  await until(() => stdout().includes('ada takes pushes here.'), { within: 60_000, what: 'the device' })
  const [, said, caFile] = /PUSH_ALLOWED_ORIGIN=(\S+) PUSH_ALLOWED_ORIGIN_CA=(\S+) npm start/.exec(stdout())!
  assert.equal(said, origin)
  const push = await room.ready({ PUSH_ALLOWED_ORIGIN: said, PUSH_ALLOWED_ORIGIN_CA: caFile! })
  const listener = pseudonymise(Buffer.from(cliKeys.PSEUDONYM_KEY, 'base64'), 'ada')
  await room.send(topics.notifications, 0, [notification({ listener, artistName: 'Somebody' })])
  await until(() => /push, good for \d+ s, urgency normal: .*Somebody/.test(stdout()), {
    within: 60_000,
    what: 'the push',
  })
  assert.equal(await push.stop(), 0)
})

test('started again it has the same authority, whose key nobody else can read', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-sandbox-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'push-sandbox-ca.pem')
  const first = await sandbox(t, folder)
  const ca = await readFile(file, 'utf8')
  assert.ok(new X509Certificate(ca).ca)
  first.process.kill('SIGTERM')
  assert.equal(await first.ended, 0)
  await sandbox(t, folder)
  assert.equal(await readFile(file, 'utf8'), ca)
  assert.equal((await stat(join(folder, 'push-sandbox.key'))).mode & 0o077, 0)
})

test('a port that is taken, and keys that are missing, are said before anything is written', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-sandbox-'))
  t.after(() => rm(folder, { recursive: true }))
  const { origin } = await sandbox(t, folder)
  const { port } = new URL(origin)
  const second = runCli(t, ['push', 'sandbox', '--data-dir', folder, '--port', port], room.env)
  assert.equal(await second.ended, 1)
  assert.match(second.stderr(), new RegExp(`port ${port} is in use: choose another with --port`))
  const keyless = { ...room.env, VAPID_KEY: undefined } as unknown as Record<string, string>
  const third = runCli(t, ['push', 'sandbox', '--data-dir', folder, '--listener', 'ada'], keyless)
  assert.equal(await third.ended, 1)
  assert.match(third.stderr(), /VAPID_KEY is not set/)
})
