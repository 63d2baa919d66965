import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { topics } from '../../../schemas/topics.ts'
import { importHistory, spotify } from '../../../sources/import/index.ts'
import { withoutCoverage } from '../../kit/without-coverage.ts'
import { type KafkaRoom, kafkaRoom } from '../kafka-room.ts'
import { someRows } from './some-rows.ts'

let room: KafkaRoom
let folder: string
before(async () => {
  room = await kafkaRoom()
  folder = await mkdtemp(join(tmpdir(), 'continuo-import-kill-'))
})
after(async () => {
  await room.remove()
  await rm(folder, { recursive: true })
})

/** Starts an import and kills it when it tells of so many plays, somewhere in what comes next; how many it had told of. */
async function killedImport(file: string, userId: string, afterPlays: number): Promise<number> {
  const child = fork(join(import.meta.dirname, 'fixtures/import-child.ts'), [file, userId], {
    env: { ...withoutCoverage(), ...room.env },
  })
  let sent = 0
  child.on('message', (count: number) => {
    sent = count
    if (sent >= afterPlays) child.kill('SIGKILL')
  })
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  assert.equal(signal, 'SIGKILL', 'it ended by itself')
  return sent
}

test('kill -9 midway, three times, then again: exactly the rest is sent, each play once', async () => {
  const userId = 'killed'
  const rows = someRows(400)
  const file = join(folder, 'export.json')
  await writeFile(file, JSON.stringify(rows))

  for (const afterPlays of [30, 50, 70]) {
    assert.ok((await killedImport(file, userId, afterPlays)) >= afterPlays)
  }
  const before = (await room.records(topics.plays)).length
  assert.ok(before >= 150 && before < 400, `${before} were imported before the last run`)

  const report = await importHistory({
    ...room,
    format: spotify,
    paths: [file],
    listenerOf: () => userId,
    settleWithinMs: false,
  })
  assert.equal(report.alreadyImported, before)
  assert.equal(report.sent, 400 - before)

  const plays = await room.records(topics.plays)
  const ids = plays.map(({ value }) => room.codec.decode(topics.plays, value).eventId)
  assert.equal(ids.length, 400)
  assert.equal(new Set(ids).size, 400)
  const entries = await room.records(topics.importedPlays)
  const inLedger = entries.flatMap(({ key }) => key!.toString().split(':')[1]!.match(/.{32}/g)!)
  assert.deepEqual(inLedger.sort(), ids.sort())
})
