import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { testCertificate } from '../../../../gateway/push/sandbox/test-authority.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway } from '../../kit/gateway.ts'
import { sendCommand, wireClient, wireConnected } from '../../kit/wire-client.ts'

/** A gateway with a certificate in files that can be replaced. */
async function setUp(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-tls-'))
  t.after(() => rm(folder, { recursive: true }))
  const files = { cert: join(folder, 'gateway.pem'), key: join(folder, 'gateway.key') }
  const replace = async (file: keyof typeof files, text: string) => {
    await writeFile(`${files[file]}.new`, text)
    await rename(`${files[file]}.new`, files[file])
  }
  const [first, second] = [await testCertificate(), await testCertificate()]
  await replace('cert', first.cert)
  await replace('key', first.key)
  const gateway = await testGateway(t, { ...(await services()), tls: files, times: { tlsLookEvery: 20 } })
  const fingerprint = ({ cert }: { cert: string }) => new X509Certificate(cert).fingerprint256
  return {
    gateway,
    files,
    first,
    second,
    replace,
    fingerprint,
    seen: async () => (await wireClient(t, gateway.port, { tls: true })).certificate(),
  }
}

test('a certificate that is replaced is seen by who comes next; who is there stays, and the port stays open', async (t) => {
  const { gateway, first, second, replace, fingerprint, seen } = await setUp(t)
  const before = await wireConnected(t, gateway.port, { tls: true })
  assert.equal(before.certificate(), fingerprint(first))

  await replace('cert', second.cert)
  await until(() => gateway.logged().includes('are no pair'), { what: 'the half of it to be noticed' })
  assert.equal(await seen(), fingerprint(first))
  await replace('key', second.key)
  await until(async () => (await seen()) === fingerprint(second), { what: 'the new certificate' })
  for (let n = 0; n < 4; n++) assert.equal(await seen(), fingerprint(second))

  const after = await wireConnected(t, gateway.port, { tls: true })
  for (const wire of [before, after]) {
    sendCommand(wire, { id: 2, ping: {} })
    await until(() => wire.read().texts.length === 2, { what: 'the answer' })
  }
  assert.equal(await gateway.metric('continuo_gateway_connections'), 2)
  await gateway.stop()
  await until(() => before.read().closeCode === 3001 && after.read().closeCode === 3001, {
    what: 'both closes',
  })
})

test('a connection at every moment of a change finds the port open', async (t) => {
  const { first, second, replace, fingerprint, seen } = await setUp(t)
  const both = [fingerprint(first), fingerprint(second)]
  let current = first
  for (let round = 0; round < 5; round++) {
    current = current === first ? second : first
    const wanted = fingerprint(current)
    await replace('cert', current.cert)
    await replace('key', current.key)
    await until(
      async () => {
        const certificate = await seen()
        assert.ok(both.includes(certificate!), 'a connection was refused')
        return certificate === wanted
      },
      { every: 1, what: 'the other certificate' },
    )
  }
})

test('plain bytes at the port of TLS are cut off', async (t) => {
  const { gateway } = await setUp(t)
  const plain = await wireClient(t, gateway.port)
  plain.write('GET /connection/websocket HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await until(() => plain.isGone(), { what: 'the end' })
})

test('files that cannot be used are refused at start by name; what is in them, or is no name, is not told', async (t) => {
  const { files, first, second } = await setUp(t)
  const other = `${files.key}.other`
  await writeFile(other, second.key)
  const cases: [Partial<typeof files>, string, RegExp][] = [
    [{ cert: '/nowhere/gateway.pem' }, 'tlsCert', /cannot be read \(ENOENT\)/],
    [{ cert: files.key }, 'tlsCert', /no certificate in PEM/],
    [{ key: files.cert }, 'tlsKey', /no key in PEM/],
    [{ key: first.key }, 'tlsKey', /^the file that it names cannot be read \(\w+\)$/],
    [{ key: other }, 'tls', /of another key/],
  ]
  for (const [wrong, option, message] of cases) {
    const tls = { ...files, ...wrong }
    await assert.rejects(testGateway(t, { ...(await services()), tls }), { option, message })
  }
})

test('who serves by TLS keeps their memory whole', async (t) => {
  const { files } = await setUp(t)
  const script = join(import.meta.dirname, 'fixtures/serve-tls.ts')
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: '', NODE_TLS_REJECT_UNAUTHORIZED: '0' }
  await promisify(execFile)(process.execPath, ['--expose-gc', script, files.cert, files.key], { env })
})
