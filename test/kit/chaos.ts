import assert from 'node:assert/strict'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { topics } from '../../schemas/topics.ts'
import { type Account, type Sent, account, closeWindows, rowsOf, sentTo } from './conservation.ts'
import { type System, type Victim, startSimulation } from './system.ts'
import { until } from './until.ts'

export interface ChaosOptions {
  victims: Victim[]
  /** Plays a second. */
  rate: number
  progress(line: string): void
}

export interface ChaosReport {
  sent: Sent
  found: Account
}

const SETTLE_MS = 120_000
/** Clean plays that must come through between two kills, so that each hits a system at work. */
const PROGRESS = 50

/** Kills the victims one after another under load, then waits until every play is accounted for. */
export async function killUnderLoad(
  system: System,
  { victims, rate, progress }: ChaosOptions,
): Promise<ChaosReport> {
  const simulation = startSimulation(system, rate)
  const acknowledged = await killInTurn(system, victims, progress).then(
    () => simulation.stop(),
    (error: unknown) => {
      simulation.kill()
      throw error
    },
  )
  const sent = await sentTo(system)
  assert.ok(sent.plays >= acknowledged.plays, 'a play that Kafka had acknowledged is gone')
  progress(`sent: ${sent.plays} plays, ${sent.duplicates} duplicates, ${sent.malformed} malformed`)
  return { sent, found: await settledAccount(system, sent) }
}

async function killInTurn(
  system: System,
  victims: Victim[],
  progress: (line: string) => void,
): Promise<void> {
  await flows(system)
  for (const [number, victim] of victims.entries()) {
    const began = performance.now()
    await system.killAndAwaitReturn(victim)
    await flows(system)
    const seconds = ((performance.now() - began) / 1_000).toFixed(1)
    progress(`kill ${number + 1} of ${victims.length}: ${victim} is back and plays flow after ${seconds} s`)
  }
}

/** Waits until clean plays come through. */
async function flows(system: System): Promise<void> {
  const before = await cleanOffset(system)
  await until(async () => (await cleanOffset(system)) >= before + BigInt(PROGRESS), {
    within: SETTLE_MS,
    what: 'clean plays to flow',
  })
}

/** How far the topic of clean plays reaches, over all its partitions. */
async function cleanOffset({ kafka, topicPrefix }: System): Promise<bigint> {
  const name = topicPrefix + topics.playsClean.name
  const offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(name))
  return offsets.reduce((sum, { offset }) => sum + BigInt(offset), 0n)
}

/** Lets everything drain, closes the windows, and waits until the account of {@link expected} holds; else the last one. */
async function settledAccount(system: System, sent: Sent): Promise<Account> {
  await until(async () => (await rowsOf(system, topics.playsByArtist)).length >= sent.plays, {
    within: SETTLE_MS,
    what: `${sent.plays} plays to reach the repartition topic`,
  })
  await closeWindows(system)
  let last: Account | undefined
  await until(
    async () => {
      last = await account(system)
      return balances(last, sent)
    },
    { within: SETTLE_MS, what: 'the account to balance' },
  ).catch(() => undefined)
  assert.ok(last)
  return last
}

/** What must be found for what was sent; how many of the plays were late is the run's own affair. */
export function expected({ plays, duplicates, malformed }: Sent, { late }: Account): Account {
  return {
    clean: plays,
    duplicates,
    deadLetters: malformed,
    late,
    closedInKafka: plays - late,
    closedInClickhouse: plays - late,
    cleanInClickhouse: plays,
    deadLettersInClickhouse: malformed,
  }
}

function balances(found: Account, sent: Sent): boolean {
  try {
    assert.deepEqual(found, expected(sent, found))
    return true
  } catch {
    return false
  }
}
