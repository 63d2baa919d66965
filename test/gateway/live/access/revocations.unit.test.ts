import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Redis } from 'ioredis'
import pino from 'pino'
import { mintToken } from '../../../../gateway/live/access/mint-token.ts'
import { TokenExpired, TokenInvalid } from '../../../../gateway/live/access/refusals.ts'
import { Revocations } from '../../../../gateway/live/access/revocations.ts'
import { accessBeside, lastingToken } from '../../kit/access-beside.ts'

const ada = { userId: 'ada', listener: 'ada', expiresAt: 0 }
const begin = Date.now() - 60_000

/** How a token is answered that was issued at a moment. */
function answerTo(access: Awaited<ReturnType<typeof accessBeside>>, issuedAt: number, who = ada) {
  try {
    access.checks.checkRevoked({ ...who, issuedAt })
    return 'let in'
  } catch (error) {
    if (error instanceof TokenInvalid) return 'for good'
    if (error instanceof TokenExpired) return 'with a new one'
    throw error
  }
}

test('a token of before a log-out never passes, and one of after is at worst to be fetched anew', async () => {
  const moment = fc.integer({ min: begin, max: begin + 3_000 })
  await fc.assert(
    fc.asyncProperty(moment, moment, fc.boolean(), async (issued, loggedOut, saysSeconds) => {
      const said = saysSeconds ? Math.floor(issued / 1_000) * 1_000 : issued
      const text = JSON.stringify({ listener: 'ada', issuedBefore: loggedOut })
      const access = await accessBeside([[`${begin}-0`, text]])
      const answer = answerTo(access, said)
      const isSameSecond = said === Math.floor(loggedOut / 1_000) * 1_000
      if (issued < loggedOut) assert.notEqual(answer, 'let in')
      else assert.equal(answer, isSameSecond && said < loggedOut ? 'with a new one' : 'let in')
      if (said + 999 < loggedOut) assert.equal(answer, 'for good')
    }),
  )
})

test('a login in the second of the log-out is let in', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Math.floor(begin / 1_000) * 1_000 + 500 })
  const logOut = JSON.stringify({ listener: 'ada', issuedBefore: Date.now() })
  const { checks } = await accessBeside([[`${Date.now()}-0`, logOut]])
  const token = await mintToken({ ...lastingToken, sub: 'ada', ttlSeconds: 60 })
  assert.equal((await checks.verify(token)).listener, 'ada')
})

const unreadable = fc.oneof(
  fc.constantFrom(
    '',
    '{',
    'null',
    '7',
    '[]',
    '{}',
    '{"tokenId":7}',
    '{"issuedBefore":"now"}',
    '{"listener":"ada"}',
  ),
  fc.constantFrom('{"issuedBefore":1e999}', '{"listener":7,"issuedBefore":1}', '{"issued_before":1}'),
  fc.string().filter((text) => !text.includes('"tokenId"')),
)

test('a revocation that cannot be read holds up no other, and no token of after it', async () => {
  await fc.assert(
    fc.asyncProperty(unreadable, async (text) => {
      const access = await accessBeside([
        [`${begin}-0`, text],
        [`${begin}-1`, JSON.stringify({ tokenId: 't1' })],
      ])
      assert.equal(answerTo(access, begin + 1), 'let in')
      assert.equal(answerTo(access, begin + 1, { ...ada, tokenId: 't1' } as typeof ada), 'for good')
      const isAdas = text === '{"listener":"ada"}'
      assert.equal(answerTo(access, begin - 1_001), isAdas ? 'for good' : 'with a new one')
      const bob = { ...ada, listener: 'bob' }
      assert.equal(answerTo(access, begin - 1_001, bob), isAdas ? 'let in' : 'with a new one')
      assert.match(access.logged(), new RegExp(`p:{revocations}:log","id":"${begin}-0".*XDEL`))
    }),
    { examples: [['{']] },
  )
})

/** Revocations beside a Redis that answers with one page, and then no more; looked for so many times, in this moment. */
async function lookedFor(times: number) {
  const page = Array.from({ length: 1_000 }, (_, n) => [
    `${begin}-${n}`,
    ['revocation', JSON.stringify({ tokenId: `t${n}` })],
  ])
  const pages = [page]
  const redis = Object.assign(new EventEmitter(), {
    status: 'ready',
    xrange: () => Promise.resolve(pages.shift() ?? Promise.reject(new Error('Command timed out'))),
  })
  let told = 0
  const lines: string[] = []
  const revocations = new Revocations({
    feed: { on: () => undefined!, listen: () => Promise.resolve() },
    commands: redis as unknown as Redis,
    keyPrefix: 'p:',
    lifeMs: 3_600_000,
    lookEvery: 60_000,
    log: pino({}, { write: (line: string) => lines.push(line) }),
    onMore: () => told++,
  })
  revocations.start()
  for (let count = 0; count < times; count++) redis.emit('ready')
  revocations.stop()
  await revocations.looked()
  return { told, lines }
}

test('open sessions are told of revocations that were read before Redis ceased to answer', async () => {
  assert.equal((await lookedFor(1)).told, 1)
})

test('that Redis does not answer is told once, however often it is asked', async () => {
  const { lines } = await lookedFor(3)
  assert.equal(lines.length, 1)
  assert.match(lines[0]!, /tokens are revoked, trying again/)
})
