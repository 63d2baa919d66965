import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import type { Redis } from 'ioredis'
import pino from 'pino'
import { Roster } from '../../../../gateway/live/sessions/roster.ts'
import { until } from '../../../kit/until.ts'

test('a session that ends while Redis is away is taken away when it is back, unless it has run out by then', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const removed: string[] = []
  const redis = Object.assign(new EventEmitter(), {
    status: 'ready',
    defineCommand: () => undefined,
    enter: () => Promise.resolve(1),
    zrem: (_: string, member: string) => Promise.resolve(removed.push(member.split(' ')[0]!)),
    pipeline: () => ({ exec: () => Promise.resolve([]) }),
  })
  const rosterWith = (sessionLife: number) => {
    const roster = new Roster({
      redis: redis as unknown as Redis,
      keyPrefix: '',
      node: 'n',
      nodesThere: () => ['n'],
      sessionLife,
      maxPerListener: 1,
      waitForRoom: 0,
      nodeLife: 0,
      now: () => 1,
      log: pino({ level: 'silent' }),
    })
    roster.start()
    t.after(() => roster.stop())
    return roster
  }
  const [long, short] = [rosterWith(60_000), rosterWith(0)]
  for (const id of ['before', 'during']) await long.enter({ id }, 'ada')
  await short.enter({ id: 'run out' }, 'ada')
  long.leave({ id: 'before' })
  redis.status = 'reconnecting'
  long.leave({ id: 'during' })
  short.leave({ id: 'run out' })
  t.mock.timers.tick(1_000)
  assert.deepEqual(removed, ['before'])
  redis.status = 'ready'
  t.mock.timers.tick(1_000)
  t.mock.timers.tick(1_000)
  assert.deepEqual(removed, ['before', 'during'])
})

test('a session that Redis did not take amid others is written at the next look, and the log says so once', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const lines: string[] = []
  const asked: string[][] = []
  const refuses = new Set(['b'])
  const redis = Object.assign(new EventEmitter(), {
    status: 'ready',
    defineCommand: () => undefined,
    pipeline() {
      const clients: string[] = []
      asked.push(clients)
      const replyTo = (client: string) => (refuses.has(client) ? [new Error('WRONGTYPE')] : [null, 1])
      return {
        enter: (_: string, member: string) => clients.push(member.split(' ')[0]!),
        exec: () => Promise.resolve(clients.map(replyTo)),
      }
    },
  })
  const roster = new Roster({
    redis: redis as unknown as Redis,
    keyPrefix: '',
    node: 'n',
    nodesThere: () => ['n'],
    sessionLife: 60_000,
    maxPerListener: 0,
    waitForRoom: 0,
    nodeLife: 0,
    now: () => 1,
    log: pino({}, { write: (line: string) => lines.push(line) }),
  })
  roster.start()
  t.after(() => roster.stop())
  for (const id of ['a', 'b', 'c']) await roster.enter({ id }, 'ada')
  const look = async () => {
    asked.length = 0
    t.mock.timers.tick(1_000)
    await new Promise(setImmediate)
    return asked.flat()
  }
  assert.deepEqual(await look(), ['a', 'b', 'c'])
  assert.deepEqual(await look(), ['b'])
  refuses.clear()
  assert.deepEqual(await look(), ['b'])
  assert.deepEqual(await look(), [])
  assert.equal(lines.filter((line) => line.includes('WRONGTYPE')).length, 1)
})

test('for one too many Redis is asked three times, and when a node has gone', async () => {
  let asked = 0
  let nodes = ['n', 'killed']
  const redis = Object.assign(new EventEmitter(), {
    status: 'ready',
    defineCommand: () => undefined,
    enter: (...args: unknown[]) => Promise.resolve(++asked > 0 && args.includes('killed') ? 0 : 1),
  })
  const rosterThatWaits = (waitForRoom: number) =>
    new Roster({
      redis: redis as unknown as Redis,
      keyPrefix: '',
      node: 'n',
      nodesThere: () => nodes,
      sessionLife: 60_000,
      maxPerListener: 1,
      waitForRoom,
      nodeLife: 0,
      now: () => 1,
      log: pino({ level: 'silent' }),
    })
  assert.equal(await rosterThatWaits(1_500).enter({ id: 'a' }, 'ada'), false)
  assert.equal(asked, 3)
  const entering = rosterThatWaits(600_000).enter({ id: 'b' }, 'ada')
  await until(() => asked === 5, { what: 'the second look' })
  nodes = ['n', 'killed', 'new']
  await until(() => asked === 6, { what: 'a look as a node has come' })
  let looks = 0
  const unchanged = nodes
  nodes = Object.assign([...unchanged], { join: () => (looks++, unchanged.join()) })
  await until(() => looks > 3, { what: 'looks at nodes that are the same' })
  assert.equal(asked, 6)
  nodes = ['n']
  assert.equal(await entering, true)
  assert.equal(asked, 7)
})
