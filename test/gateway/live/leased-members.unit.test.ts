import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
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
        ...{ redis: redis as unknown as Redis, lifeMs: 1e9, what: 'them', log: pino({ level: 'silent' }) },
      })
      const crowd = Array.from({ length: 2 * MOST_AT_ONCE }, (_, n) => ({ key: 'b', member: `c${n}` }))
      const there = [...coming, ...crowd]
      redis.status = 'connecting'
      for (const each of there) leased.put(each.key, each.member)
      redis.status = 'ready'
      leased.start()
      redis.emit('ready')
      // A second look while one is under way begins none.
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
