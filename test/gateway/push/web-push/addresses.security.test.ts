import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { isPublic, publicLookup } from '../../../../gateway/push/web-push/public-address.ts'
import { webPushProvider } from '../../../../gateway/push/web-push/web-push-provider.ts'
import { message, sandboxAndProvider, vapidKey } from './kit.ts'

const refused = (reason: string) => ({ kind: 'refused', status: null, reason })
const settings = { vapidKey, subject: 'mailto:push@example.com' }

test('an endpoint on this machine, in its network or in its cloud is refused, however it is written', async (t) => {
  const { sandbox } = await sandboxAndProvider(t)
  const { port } = new URL(sandbox.origin)
  const provider = webPushProvider(settings)
  t.after(() => provider.close())
  const device = sandbox.subscribe()
  const { pathname } = new URL(device.endpoint)
  const hosts = [
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '[::1]',
    '192.168.1.1',
    '172.16.0.1',
    '100.64.0.1',
    '0.0.0.0',
    '0',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.0.0.1.',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fd00::1]',
    'localhost',
    'LOCALHOST',
  ]
  for (const host of hosts) {
    const endpoint = `https://${host}:${port}${pathname}`
    assert.deepEqual(
      await provider.send({ ...device, endpoint }, message()),
      refused('address_not_public'),
      host,
    )
  }
  assert.equal(sandbox.answers.size, 0, 'nothing has come')
})

test('what is not https, or carries credentials, is refused', async (t) => {
  const { sandbox, provider } = await sandboxAndProvider(t)
  const send = (endpoint: string) => provider.send({ ...sandbox.subscribe(), endpoint }, message())
  assert.deepEqual(await send('http://push.example/x'), refused('not_https'))
  assert.deepEqual(await send(sandbox.origin.replace('https', 'http')), refused('not_https'))
  assert.deepEqual(await send('https://user:secret@push.example/x'), refused('has_credentials'))
})

test('a name that leads to a private address is refused, also if it has a public one as well', async (t) => {
  const { sandbox } = await sandboxAndProvider(t)
  const { port } = new URL(sandbox.origin)
  const answers = [['127.0.0.1'], ['::1'], ['8.8.8.8', '127.0.0.1'], ['::ffff:127.0.0.1'], []]
  for (const addresses of answers) {
    const resolve: LookupFunction = (_, __, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
    const provider = webPushProvider({ ...settings, resolve })
    const endpoint = `https://push.example:${port}/push/x`
    const answer = await provider.send({ ...sandbox.subscribe(), endpoint }, message())
    provider.close()
    assert.deepEqual(answer, refused('address_not_public'), addresses.join())
  }
  assert.equal(sandbox.answers.size, 0, 'nothing has come')
})

test('a name that is public when it is looked up first, and private afterwards, leads nowhere private', async (t) => {
  const { sandbox } = await sandboxAndProvider(t)
  const { port } = new URL(sandbox.origin)
  const found: LookupAddress[] = []
  const rebinding: LookupFunction = (_, __, callback) => {
    found.push({ address: found.length === 0 ? '8.8.8.8' : '127.0.0.1', family: 4 })
    callback(null, found.slice(-1))
  }
  const lookup = promisify(publicLookup(rebinding))
  assert.deepEqual(await lookup('push.example', { all: true }), [{ address: '8.8.8.8', family: 4 }])
  assert.equal(found.length, 1, 'what is connected to is what has been checked')
  await assert.rejects(lookup('push.example', { all: true }), /address_not_public/)
  const provider = webPushProvider({ ...settings, resolve: rebinding })
  t.after(() => provider.close())
  const device = { ...sandbox.subscribe(), endpoint: `https://push.example:${port}/push/x` }
  assert.deepEqual(await provider.send(device, message()), refused('address_not_public'))
  assert.equal(sandbox.answers.size, 0, 'nothing has come')
})

test('a redirect is not followed, wherever it leads', async (t) => {
  const { sandbox, provider } = await sandboxAndProvider(t)
  const answer = await provider.send(sandbox.subscribe({ behaviour: 'redirect' }), message())
  assert.deepEqual(answer, { kind: 'refused', status: 307, reason: 'redirect' })
  assert.deepEqual([...sandbox.answers], [['307', 1]])
})

test('of an allowed origin another port, another name and another scheme are not allowed', async (t) => {
  const { sandbox, provider } = await sandboxAndProvider(t)
  const { port } = new URL(sandbox.origin)
  const device = sandbox.subscribe()
  const send = (origin: string) => provider.send({ ...device, endpoint: `${origin}/push/x` }, message())
  assert.deepEqual(await send(`https://127.0.0.1:${port}`), refused('address_not_public'))
  assert.deepEqual(await send(`https://localhost:${Number(port) + 1}`), refused('address_not_public'))
  assert.deepEqual(await send(`http://localhost:${port}`), refused('not_https'))
  assert.equal((await provider.send(device, message())).kind, 'accepted')
})

test('public is what the registries of IANA give to anybody', () => {
  for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700::1111', '2a00:1450::1'])
    assert.ok(isPublic(address), address)
  for (const address of [
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '2001:db8::1',
    '::127.0.0.1',
    '1.2.3',
    'x',
    '',
  ])
    assert.ok(!isPublic(address), address)
})
