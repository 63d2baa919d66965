import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { joinGlobal, joinTable, topology, write } from '../../../../pipelines/engine/index.ts'
import { withAdmin } from '../../../../pipelines/engine/kafka/admin.ts'
import { groupOf } from '../../../../pipelines/engine/kafka/run-topology.ts'
import type { Topic } from '../../../../schemas/topic.ts'
import { topics } from '../../../../schemas/topics.ts'
import { until } from '../../../kit/until.ts'
import { KafkaRoom } from '../../kafka-room.ts'
import { type Note, noted, tableTopics } from '../operators/table-topics.ts'

const { asks, lefts, countries, results, joined } = tableTopics
const users = ['u1', 'u2', 'u3', 'u4', 'u5', 'u6']

/** An ask's text is the country that it is about. */
const asking = topology('asking', ({ read, readTable, readGlobalTable }) => {
  const rows = read(asks, noted)
  rows.pipe(
    joinGlobal(readGlobalTable(countries), {
      kind: 'left',
      key: ({ text }) => text,
      join: (ask, country) => ({ ...ask, text: `${ask.text}: ${country?.text ?? 'unknown'}` }),
    }),
    write(results),
  )
  return rows.pipe(
    joinTable(readTable(lefts, noted), {
      join: (ask, left) => ({ ...ask, text: `${left.text} asks ${ask.text}` }),
    }),
    write(joined),
  )
})

let room: KafkaRoom
before(async () => {
  room = await KafkaRoom.make({ partitions: 1 })
  // Not as many partitions as the others have: a global table is co-partitioned with nothing.
  await room.add(Object.values(tableTopics), ({ name }) => (name === countries.name ? 5 : 3))
})
after(() => room.remove())

const send = (topic: Topic<Note>, notes: [key: string, text: string | null][]) =>
  room.sendBytes(
    topic,
    notes.map(([key, text]) => ({
      key,
      value: text === null ? null : room.codec.encode(topic, { text, at: Date.now() }),
    })),
  )

/** What has been written that begins with this, sorted. */
const about = async (topic: Topic<Note>, beginning: string) =>
  (await room.values(topic))
    .map(({ text }) => text)
    .filter((text) => text.startsWith(beginning))
    .sort()

async function askAll(country: string): Promise<void> {
  await send(
    asks,
    users.map((user) => [user, country]),
  )
  await room.caughtUp('asking', asks)
}

test('tasks begin with the whole of a global table: all its partitions, without what was deleted or is garbage', async () => {
  await send(countries, [
    ['no', 'Norge'],
    ['no', 'Norway'],
    ['se', 'Sweden'],
    ['xx', 'Nowhere'],
    ['xx', null],
  ])
  await room.sendBytes(countries, [{ key: 'se', value: 'garbage' }])
  const running = await room.run(asking)
  for (const country of ['no', 'se', 'xx']) await askAll(country)
  await running.stop()
  for (const [country, text] of Object.entries({ no: 'no: Norway', se: 'se: Sweden', xx: 'xx: unknown' }))
    assert.deepEqual(await about(results, country), Array(users.length).fill(text))
  assert.deepEqual(await room.values(topics.deadLetters), [])
})

test('each process goes on following a global table', async () => {
  const running = [await room.run(asking), await room.run(asking)]
  const asked = async (text: string) => {
    const before = await about(results, text)
    await askAll('dk')
    return (await about(results, text)).length - before.length === users.length
  }
  for (const name of ['Danmark', 'Denmark', null]) {
    await send(countries, [['dk', name]])
    const text = `dk: ${name ?? 'unknown'}`
    await until(() => asked(text), { what: `both processes to say "${text}"`, within: 60_000 })
  }
  for (const each of running) await each.stop()
})

test('a global table is no input of the group, and has no changelog', async () => {
  const groupId = groupOf(room.address.applicationId, 'asking')
  await withAdmin(room.kafka, async (admin) => {
    const committed = await admin.fetchOffsets({
      groupId,
      topics: [countries, asks].map((topic) => room.nameOf(topic)),
    })
    const offsets = new Map(
      committed.map(({ topic, partitions }) => [topic, partitions.map(({ offset }) => offset)]),
    )
    assert.deepEqual(offsets.get(room.nameOf(countries)), Array(5).fill('-1'))
    assert.ok(offsets.get(room.nameOf(asks))?.some((offset) => Number(offset) > 0))
    const own = (await admin.listTopics()).filter((name) =>
      name.startsWith(`${room.address.topicPrefix}asking-`),
    )
    assert.deepEqual(
      own.toSorted(),
      ['asking-read-table-1-changelog', 'asking-replay'].map((name) => room.address.topicPrefix + name),
    )
  })
})

test('a table is there again after a restart, with its deletions: a row meets what was there', async () => {
  const first = await room.run(asking)
  await send(lefts, [
    ['u1', 'Ann'],
    ['u2', 'Bob'],
    ['u1', 'Anna'],
    ['u2', null],
    ['u3', 'Cid'],
  ])
  await room.caughtUp('asking', lefts)
  await first.stop()
  const second = await room.run(asking)
  await askAll('is')
  await second.stop()
  assert.deepEqual(
    (await about(joined, '')).filter((text) => text.endsWith(' is')),
    ['Anna asks is', 'Cid asks is'],
  )
})

test('a global table whose topic does not exist is refused at start, with what to do', async () => {
  const missing = { ...countries, name: 'nowhere' }
  const lost = topology('lost', ({ read, readGlobalTable }) =>
    read(asks).pipe(
      joinGlobal(readGlobalTable(missing), { key: () => '', join: (ask) => ask }),
      write(results),
    ),
  )
  await assert.rejects(room.run(lost), /Topics .*nowhere do not exist: run `continuo migrate`/)
})
