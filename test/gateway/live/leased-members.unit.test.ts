import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import type { Redis } from 'ioredis'
import pino from 'pino'
import { LeasedMembers, MOST_AT_ONCE } from '../../../gateway/live/leased-members.ts'

/** A Redis that answers when it is told to, and remembers whom each pipeline named. */
function slowRedis() {
  const named: string[][] = []
  const questions: (() => void)[] = []
  const redis = Object.assign(new EventEmitter(), {
    status: 'ready',
    defineCommand: () => undefined,
    pipeline() {
      const members: string[] = []
      return {
        lease: (key: string, _: number, ...some: string[]) =>
          members.push(...some.map((member) => `${key}/${member}`)),
        zrem() {
          return this
        },
        exec: () => {
          named.push(members)
          return new Promise((resolve) => questions.push(() => resolve([])))
        },
      }
    },
  })
  return { redis, named, answer: () => questions.shift()?.(), isAsked: () => questions.length > 0 }
}

const ofTheCrowd = fc.record({
  key: fc.constant('b'),
  member: fc.nat(2 * MOST_AT_ONCE - 1).map((n) => `c${n}`),
})
const member = fc.record({ key: fc.constantFrom('a', 'b', 'c'), member: fc.nat(30).map(String) })

test('all are named anew in pieces that are bounded, each once, and nobody who has gone meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(member), fc.array(fc.oneof(member, ofTheCrowd)), async (coming, going) => {
      const { redis, named, answer, isAsked } = slowRedis()
      const leased = new LeasedMembers({
        redis: redis as unknown as Redis,
        lifeMs: 1e9,
        log: pino({ level: 'silent' }),
      })
      const crowd = Array.from({ length: 2 * MOST_AT_ONCE }, (_, n) => ({ key: 'b', member: `c${n}` }))
      const there = [...coming, ...crowd]
      redis.status = 'connecting'
      for (const each of there) leased.put(each.key, each.member)
      redis.status = 'ready'
      leased.start()
      redis.emit('ready')
      const gone = new Set<string>()
      const goneUnnamed = new Set<string>()
      for (const each of going) {
        answer()
        await new Promise(setImmediate)
        leased.take(each.key, each.member)
        const name = `${each.key}/${each.member}`
        gone.add(name)
        if (!named.flat().includes(name)) goneUnnamed.add(name)
      }
      while (isAsked()) {
        answer()
        await new Promise(setImmediate)
      }
      await leased.stop()
      for (const piece of named) assert.ok(piece.length <= MOST_AT_ONCE)
      const all = named.flat()
      assert.equal(new Set(all).size, all.length, 'each once')
      const stay = there.map((each) => `${each.key}/${each.member}`).filter((name) => !gone.has(name))
      for (const name of stay) assert.ok(all.includes(name), name)
      for (const name of goneUnnamed) assert.ok(!all.includes(name))
    }),
    { numRuns: 30 },
  )
})

test('of two servers that come back one after the other both hear all, though the first is still being told', async () => {
  const { redis, named, answer, isAsked } = slowRedis()
  const leased = new LeasedMembers({
    redis: redis as unknown as Redis,
    lifeMs: 1e9,
    log: pino({ level: 'silent' }),
  })
  redis.status = 'connecting'
  for (let n = 0; n < 2 * MOST_AT_ONCE; n++) leased.put('b', `c${n}`)
  redis.status = 'ready'
  leased.start()
  redis.emit('ready')
  redis.emit('ready')
  redis.emit('ready')
  while (isAsked()) {
    answer()
    await new Promise(setImmediate)
  }
  await leased.stop()
  assert.equal(named.length, 4, 'all of them, twice')
})

const COMINGS = 20_000

test('nothing is kept of members who have come and gone', async () => {
  const answered = Promise.resolve([])
  const pipeline = { lease: () => undefined, zrem: () => pipeline, exec: () => answered }
  const redis = { status: 'ready', defineCommand: () => undefined, pipeline: () => pipeline }
  const leased = new LeasedMembers({
    redis: redis as unknown as Redis,
    lifeMs: 1e9,
    log: pino({ level: 'silent' }),
  })
  async function comeAndGo(): Promise<void> {
    leased.put('a', 'm')
    leased.take('a', 'm')
    await answered
  }
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const heap = async () => {
    // What the test runner notes of promises goes a turn after they have.
    for (let turn = 0; turn < 3; turn++) {
      await new Promise(setImmediate)
      gc()
    }
    return process.memoryUsage().heapUsed
  }
  for (let warm = 0; warm < 1_000; warm++) await comeAndGo()
  const before = await heap()
  for (let n = 0; n < COMINGS; n++) await comeAndGo()
  const kept = ((await heap()) - before) / COMINGS
  assert.ok(kept < 40, `${kept} bytes each`)
  await leased.stop()
})
