import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { topics } from '../../../schemas/topics.ts'
import { importHistory, spotify, totalsOf } from '../../../sources/import/index.ts'
import { type KafkaRoom, kafkaRoom } from '../kafka-room.ts'

const folder = join(import.meta.dirname, '../../../../shared/data/messy')
const skip = existsSync(folder) ? false : `skipped: no messy exports in ${folder}`

let room: KafkaRoom
let stopAnonymising: () => Promise<void>
before(async () => {
  room = await kafkaRoom()
  stopAnonymising = await room.anonymising()
})
after(async () => {
  await stopAnonymising()
  await room.remove()
})

test(
  'messy exports of two listeners in one import: counts add up by its id, to the play',
  { skip },
  async () => {
    const report = await importHistory({
      ...room,
      format: spotify,
      paths: [folder],
      listenerOf: ({ path }) => /\/(x\d)_/.exec(path)?.[1],
      settleWithinMs: 60_000,
    })
    assert.deepEqual(totalsOf(report), {
      read: 1_878,
      produced: 1_623,
      duplicate: 0,
      skipped: 255,
      deadLettered: 0,
      addsUp: true,
    })
    assert.deepEqual(
      report.listeners.map(({ read, sent }) => [read, sent]),
      [
        [1_821, 1_600],
        [57, 23],
      ],
    )
    const clean = await room.records(topics.playsClean)
    await room.codec.load(clean.map(({ value }) => value))
    const plays = clean.map(({ value }) => room.codec.decode(topics.playsClean, value))
    assert.equal(plays.filter(({ source }) => source === `import:${report.importId}`).length, 1_623)
    assert.equal(new Set(plays.map(({ listener }) => listener)).size, 2)
    assert.deepEqual(new Set(plays.map(({ country }) => country)), new Set([null, 'GB']))
  },
)
