import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { byNameServers } from '../../../../gateway/push/web-push/public-address.ts'

const ANSWER = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1]
const HEAD_BYTES = 12
const TYPE_A = 1

/** Says 192.0.2.1 of `known.example`, nothing of its IPv6, and of other names nothing at all. */
async function nameServer(t: TestContext): Promise<string> {
  const socket = createSocket('udp4')
  socket.on('message', (question, { port, address }) => {
    const end = question.indexOf(0, HEAD_BYTES) + 5
    if (!question.includes('known')) return
    const isA = question.readUInt16BE(end - 4) === TYPE_A
    const head = [...question.subarray(0, 2), 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]
    const asked = question.subarray(HEAD_BYTES, end)
    socket.send(Buffer.from([...head, ...asked, ...(isA ? ANSWER : [])]), port, address)
  })
  await once(socket.bind(0, '127.0.0.1'), 'listening')
  t.after(() => socket.close())
  return `127.0.0.1:${socket.address().port}`
}

test('a name is found at once, however many others nobody answers for', async (t) => {
  const resolver = new Resolver({ timeout: 2_000, tries: 1 })
  resolver.setServers([await nameServer(t)])
  const lookup = promisify(byNameServers(resolver))
  const slow = Array.from({ length: 20 }, (_, index) => lookup(`silent-${index}.example`, { all: true }))
  const failed = Promise.allSettled(slow)
  const first = await Promise.race([lookup('known.example', { all: true }), failed])
  assert.deepEqual(first, [{ address: '192.0.2.1', family: 4 }])
  resolver.cancel()
  await failed
})
