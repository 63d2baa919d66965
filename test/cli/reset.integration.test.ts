import assert from 'node:assert/strict'
import { type TestContext, after, before, test } from 'node:test'
import {
  foldWindow,
  keyBy,
  minutes,
  route,
  seconds,
  topology,
  tumbling,
} from '../../pipelines/engine/index.ts'
import { artistTotal } from '../../pipelines/steps/artist-total.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import { topics } from '../../schemas/topics.ts'
import { runCli } from '../gateway/kit/cli.ts'
import { play } from '../kit/builders.ts'
import { KafkaRoom, roomTopologies } from '../pipelines/kafka-room.ts'

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 2 })))
after(() => room.remove())

async function reset(t: TestContext, { address }: KafkaRoom, ...args: string[]) {
  const env = { TOPIC_PREFIX: address.topicPrefix, APPLICATION_ID: address.applicationId }
  const { process, ended, stdout, stderr } = runCli(t, ['reset', ...args], env)
  process.stdin?.end()
  return { code: await ended, stdout: stdout(), stderr: stderr() }
}

const totals = roomTopologies['listening-totals']

/** Runs the topology over what there is, and answers plays by artist as the updates of open windows said last. */
async function playsCounted(): Promise<number[]> {
  const running = await room.run(totals)
  await room.caughtUp(totals.name, topics.playsClean)
  await room.caughtUp(totals.name, topics.playsByArtist)
  await running.stop()
  return (await room.values(topics.artistTotalsLive)).map(({ plays }) => plays)
}

test('it says what goes, asks, refuses while somebody runs it; then the topology begins anew and counts nothing twice', async (t) => {
  const plays = ['12:00:00', '12:00:10', '12:00:20'].map((playedAt) => play({ playedAt }))
  await room.send(topics.playsClean, plays, ({ eventId }) => eventId)
  assert.deepEqual(await playsCounted(), [1, 2, 3])

  const running = await room.run(totals)
  const refused = await reset(t, room, totals.name, '--yes')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /listening-totals is being run by 1 process of group .*: stop them before/)
  await running.stop()

  const asked = await reset(t, room, totals.name)
  assert.equal(asked.code, 1)
  assert.match(
    asked.stdout,
    /the offsets of group .*\n.*fold-window-1-changelog: state\n.*stream-time-changelog: state\n.*all records of .*plays-by-artist/,
  )
  assert.match(asked.stdout, /it reads test-.*\.plays-clean from the earliest record kept/)
  assert.match(asked.stderr, /nothing has been deleted: there is no terminal to ask at; add --yes/)

  const done = await reset(t, room, totals.name, '--yes')
  assert.equal(done.code, 0, done.stderr)
  assert.equal((await room.records(topics.playsByArtist)).length, 0)
  assert.match((await reset(t, room, totals.name, '--yes')).stdout, /there is nothing of listening-totals/)
  assert.deepEqual(await playsCounted(), [1, 2, 3, 1, 2, 3])
})

/** The same, as it was before its fold lost its name. */
const named = topology(totals.name, ({ read }) =>
  read(topics.playsClean, { time: (each) => each.playedAt }).pipe(
    keyBy((each) => each.artistId, { through: topics.playsByArtist }),
    foldWindow({
      name: 'minutes',
      windows: tumbling(minutes(1), { grace: seconds(30) }),
      fold: artistTotal,
      late: latePlay,
    }),
    route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
  ),
)

test('an operator that has got another name is refused at start, until its state is given up on purpose', async (t) => {
  const other = await KafkaRoom.make({ partitions: 1 })
  t.after(() => other.remove())
  await other.send(topics.playsClean, [play()], ({ eventId }) => eventId)
  const first = await other.run(named)
  await other.caughtUp(totals.name, topics.playsClean)
  await other.caughtUp(totals.name, topics.playsByArtist)
  await first.stop()

  await assert.rejects(other.run(totals), {
    name: 'StateError',
    message:
      /fold-window-minutes-changelog remembers .* while fold-window-1 would begin empty.*give it back the old one/,
  })
  const { code, stdout, stderr } = await reset(t, other, totals.name, '--orphans', '--yes')
  assert.equal(code, 0, stderr)
  assert.match(stdout, /deletes\n {2}topic .*fold-window-minutes-changelog: state\ndone\n$/)
  const second = await other.run(totals)
  await second.stop()
})
