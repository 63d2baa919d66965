import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ok, step, topology, write } from '../../../../pipelines/engine/index.ts'
import { withAdmin } from '../../../../pipelines/engine/kafka/admin.ts'
import { groupOf } from '../../../../pipelines/engine/kafka/run-topology.ts'
import { KafkaRoom } from '../../kafka-room.ts'
import { type Play, chaosTopics } from '../chaos/artist-minutes.ts'

const { plays, firsts } = chaosTopics
const PLAYS_A_SEND = 200
const SENDS = 30

let room: KafkaRoom
before(async () => {
  room = await KafkaRoom.make()
  await room.add([plays, firsts], () => 4)
})
after(() => room.remove())

let nextId = 0
const someone = (): Play => {
  const id = nextId++
  return { id, user: `user-${id % 50}`, artist: 'artist', at: Date.UTC(2026, 0, 1) + id }
}

const send = () => room.send(plays, Array.from({ length: PLAYS_A_SEND }, someone), ({ user }) => user)

test('told to stop, a process commits what it has done and leaves the group: nothing is done again, nobody waits for its session', async () => {
  let seen: number[] = []
  const passing = topology('passing', ({ read }) =>
    read(plays).pipe(
      step(function seePlay(play: Play) {
        seen.push(play.id)
        return ok(play)
      }),
      write(firsts),
    ),
  )
  const [first, second] = [await room.run(passing), await room.run(passing)]
  await send()
  await room.caughtUp('passing', plays)

  seen = []
  const from = nextId
  const stopped = (async () => {
    await send()
    await first.stop()
    const group = groupOf(room.address.applicationId, 'passing')
    const { groups } = await withAdmin(room.kafka, (admin) => admin.describeGroups([group]))
    assert.equal(groups[0]?.members.length, 1)
  })()
  for (let sends = 0; sends < SENDS; sends++) await send()
  await stopped
  await room.caughtUp('passing', plays)
  await second.stop()

  const sent = Array.from({ length: nextId - from }, (_, index) => from + index)
  assert.deepEqual(
    seen.toSorted((one, two) => one - two),
    sent,
  )
  assert.equal((await room.values(firsts)).length, nextId)
})
