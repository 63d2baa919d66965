import { type Doing, type MadeBy, type TaskSituation, type TopologySituation } from './situation.ts'
import { SILENT_MS } from './report.ts'
import { topologyOf } from '../versions/versions.ts'
import { count, counted, duration } from './text.ts'

/** Tasks that are so far apart in the time of the events, ms, are worth a word. */
const FAR_MS = 60_000

/** What is going on, in whole sentences for one who sees it for the first time. Nothing, where all is as it should be. */
export function remarksOn(situation: TopologySituation, now: number): string[] {
  const { topology, missing, members, dividing, making, tasks } = situation
  const command = `\`continuo ${commandOf(topology, making)}\``
  if (missing.length > 0) {
    const [are, them] = missing.length > 1 ? ['are', 'them'] : ['is', 'it']
    return [`${missing.join(', ')} ${are} missing: \`continuo migrate\` makes ${them}, or check TOPIC_PREFIX`]
  }
  if (making !== undefined && making.unwritten > 0)
    return [
      `${counted(making.unwritten, 'play')} of its history are to be written before it runs: ${command} does`,
    ]
  if (members === 0 && !tasks.some(isOwned)) return [`nobody runs it: ${command} does`]
  return [
    ...silence(tasks, members),
    ...(members === 0
      ? [
          `no process is left in its group: ${command} starts one, also beside one that only hangs: what that has not committed is refused`,
        ]
      : []),
    ...(dividing
      ? ['Kafka is dividing the tasks among the processes anew: none commits until that is done']
      : []),
    ...unowned(tasks, dividing),
    ...restoring(tasks),
    ...catchingUp(tasks, dividing),
    ...stopped(tasks),
    ...stuck(tasks, now),
    ...waiting(tasks),
    ...heldBack(tasks),
  ]
}

const commandOf = (topology: string, making: MadeBy | undefined) =>
  making === undefined
    ? `run ${topologyOf(topology)}`
    : `backfill ${topologyOf(topology)} --from ${making.from}`

const isOwned = ({ process }: TaskSituation) => process !== undefined

const doing = (tasks: readonly TaskSituation[], what: Doing) => tasks.filter((task) => task.doing === what)

/** `task 1`, `tasks 0, 2 and 3` */
function named(tasks: readonly { partition: number }[]): string {
  const all = tasks.map(({ partition }) => String(partition))
  if (all.length === 1) return `task ${all[0]}`
  return `tasks ${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
}

function silence(tasks: readonly TaskSituation[], members: number): string[] {
  const byProcess = Map.groupBy(doing(tasks, 'silent'), ({ process = '' }) => process)
  return [...byProcess].map(([process, its]) => {
    const silentFor = duration(its[0]?.heardMs ?? SILENT_MS)
    const next =
      members === 0
        ? `${its.length > 1 ? 'wait for a process, and go' : 'waits for a process, and goes'} on from its last commit`
        : 'will go to another process, if there is one, as soon as Kafka has given it up, and from its last commit'
    return `${process} has said nothing for ${silentFor} – killed, hanging or cut off: its ${named(its)} ${next}`
  })
}

function unowned(tasks: readonly TaskSituation[], dividing: boolean): string[] {
  const its = doing(tasks, 'unowned')
  if (its.length === 0 || dividing) return []
  return [
    `no process has said that it has ${named(its)}: a moment after a start, a stop or a kill that is so`,
  ]
}

function restoring(tasks: readonly TaskSituation[]): string[] {
  const its = doing(tasks, 'restoring')
  if (its.length === 0) return []
  const known = its.flatMap(({ status }) => status?.restored ?? [])
  const [records, of] = [known.map((each) => each.records), known.map((each) => each.of)].map(sum)
  const far = known.length === 0 ? '' : `, ${count(records ?? 0)} of ${count(of ?? 0)} records so far`
  const [read, go] = its.length > 1 ? ['read', 'go'] : ['reads', 'goes']
  return [`${named(its)} ${read} back the state of before${far}, and then ${go} on from the last commit`]
}

const sum = (numbers: readonly number[]) => numbers.reduce((one, other) => one + other, 0)

function catchingUp(tasks: readonly TaskSituation[], dividing: boolean): string[] {
  const its = doing(tasks, 'catching up')
  if (its.length === 0) return []
  const behind = sum(its.map(({ lag }) => lag))
  const rate = sum(its.map(({ rowsPerSecond = 0 }) => rowsPerSecond))
  const pace =
    rate > 0 && !dividing
      ? `: at ${count(rate)} a second about ${duration((behind / rate) * 1_000)}, if no more came`
      : ''
  return [
    `${named(its)} ${its.length > 1 ? 'have' : 'has'} ${counted(behind, 'record')} to catch up with${pace}`,
  ]
}

function stopped(tasks: readonly TaskSituation[]): string[] {
  const byProcess = Map.groupBy(doing(tasks, 'stopped'), ({ process = '' }) => process)
  return [...byProcess].map(
    ([process, its]) =>
      `${process} has stopped with its ${named(its)}, and keeps ${its.length > 1 ? 'them' : 'it'}: too many records would have been set aside; its log tells which, and what to do`,
  )
}

function stuck(tasks: readonly TaskSituation[], now: number): string[] {
  return doing(tasks, 'stuck').map(({ partition, process = '', lag, status }) => {
    const silentFor = duration(now - (status?.committedAt ?? status?.since ?? now))
    return `task ${partition} has ${counted(lag, 'record')} to do and has committed nothing for ${silentFor}: see the log of ${process}`
  })
}

function waiting(tasks: readonly TaskSituation[]): string[] {
  return tasks.flatMap(({ partition, doing, status }) => {
    if (doing === 'silent' || status === undefined || status.waitsFor.length === 0) return []
    const inputs = status.waitsFor.join(' and ')
    return [
      `task ${partition} waits a while for ${inputs}, which it has not read to the end, to take rows in the order of their time`,
    ]
  })
}

function heldBack(tasks: readonly TaskSituation[]): string[] {
  const its = tasks.filter(({ doing, status }) => doing !== 'silent' && isFarBehind(status?.heldBackBy))
  return [...Map.groupBy(its, ({ status }) => status?.heldBackBy?.task)].map(([slowest, held]) => {
    const unheard = held.every(({ status }) => status?.heldBackBy?.byMs === undefined)
    const why = unheard
      ? 'of which nothing has come yet'
      : 'which has come least far of those whose rows they get'
    return `windows of ${named(held)} close when time has passed in task ${slowest}, too, ${why}: so its rows are not late`
  })
}

const isFarBehind = (lag: { byMs?: number } | undefined) =>
  lag !== undefined && (lag.byMs === undefined || lag.byMs >= FAR_MS)
