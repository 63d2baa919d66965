import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { restoreTasks } from '../../../../../pipelines/engine/kafka/restore-tasks.ts'
import { groupOf } from '../../../../../pipelines/engine/kafka/run-topology.ts'
import { StateDirectory } from '../../../../../pipelines/engine/kafka/local-state/state-directory.ts'
import { fence } from '../../../../../pipelines/engine/kafka/transaction.ts'
import { Task } from '../../../../../pipelines/engine/task.ts'
import type { Topology } from '../../../../../pipelines/engine/topology.ts'
import { AccountedPlays, settle } from '../../../accounted-plays.ts'
import { KafkaRoom, roomKeys, roomTopologies } from '../../../kafka-room.ts'
import { startProcess } from '../../../process-of-topologies.ts'

const KILLS = 3
const PLAYS_A_SEND = 100
const PARTITIONS = 2
const WARN = 40

let stateDir: string
let room: KafkaRoom
before(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'continuo-state-'))
  room = await KafkaRoom.make({ partitions: PARTITIONS, stateDir })
})
after(async () => {
  await room.remove()
  await rm(stateDir, { recursive: true, force: true })
})

/** The state of a topology's tasks as a start would find it, and how much of it is from the snapshot. */
async function restore(topology: Topology, from: 'snapshot' | 'changelog') {
  const { kafka, codec, address } = room
  const { topicPrefix, applicationId } = address
  const group = topicPrefix + groupOf(applicationId, topology.name)
  const told: string[] = []
  let local = 0
  const take = (line: string) => {
    const { level, msg, ...more } = JSON.parse(line) as { level: number; msg: string; local?: number }
    local += more.local ?? 0
    if (level >= WARN) told.push(msg)
  }
  const log = pino({ level: 'info' }, { write: take })
  const stateDirectory =
    from === 'snapshot' ? new StateDirectory({ kafka, stateDir, group, topicPrefix, log }) : undefined
  const tasks = Array.from(
    { length: PARTITIONS },
    (_, partition) =>
      new Task({ topology, partition, partitions: PARTITIONS, codec, deadLetterKey: roomKeys.deadLetterKey }),
  )
  for (const { partition } of tasks) await fence(kafka, `${group}.${partition}`)
  const onProgress = () => undefined
  await restoreTasks(tasks, { kafka, topicPrefix, stateDirectory, onProgress, log })
  await stateDirectory?.close()
  const state = tasks.map(({ stores }) =>
    Object.fromEntries(
      [...stores].map(([name, { store }]) => [name, new Map([...store.entries()].sort(byKey))]),
    ),
  )
  return { state, told, local }
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)

test('killed anywhere in a transaction, its snapshot and the rest of its changelog are the committed changelog', async (t) => {
  const plays = new AccountedPlays(room)
  let local = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const dieAfter = 100 + Math.floor(Math.random() * 100)
    t.diagnostic(`kill ${kill + 1} after ${dieAfter} steps of transactions`)
    const { child, death } = await startProcess(room.address, dieAfter)
    while (child.signalCode === null && child.exitCode === null) await plays.send(PLAYS_A_SEND)
    assert.deepEqual(await death, [null, 'SIGKILL'])
    for (const topology of Object.values(roomTopologies)) {
      const fromSnapshot = await restore(topology, 'snapshot')
      assert.deepEqual(fromSnapshot.told, [])
      assert.deepEqual(fromSnapshot.state, (await restore(topology, 'changelog')).state)
      local += fromSnapshot.local
    }
  }
  t.diagnostic(`${local} records from stateDirectory`)
  assert.ok(local > 0, 'no snapshot was used')

  const survivor = await startProcess(room.address, 0)
  t.after(() => survivor.child.kill('SIGKILL'))
  await settle(room)
  await plays.assertConserved()
})
