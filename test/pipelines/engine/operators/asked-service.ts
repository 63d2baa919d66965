import { setImmediate } from 'node:timers/promises'
import {
  type AsyncStep,
  type Outcome,
  deadLetter,
  drop,
  foldWindow,
  mapAsync,
  minutes,
  ok,
  route,
  topology,
  tumbling,
} from '../../../../pipelines/engine/index.ts'
import { Task } from '../../../../pipelines/engine/task.ts'
import { driverDeadLetterKey } from '../../../../pipelines/engine/testing/drive.ts'
import { artistTotal } from '../../../../pipelines/steps/artist-total.ts'
import { latePlay } from '../../../../pipelines/steps/late-play.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at } from '../../../kit/builders.ts'
import { codecFor } from '../../../schemas/codec-for.ts'
import { recordsIn } from '../../../kit/outgoing.ts'

const { playsClean } = topics
const codec = await codecFor(...Object.values(topics))

export type Work = AsyncStep<CleanPlay, CleanPlay>

/** A service that answers when, and in the order in which, it is told to. */
export function service(answer: (value: CleanPlay) => Outcome<CleanPlay> = ok) {
  const open: (() => void)[] = []
  let most = 0
  const signals: AbortSignal[] = []
  const ask: Work = async function ask(value, { signal }) {
    const asked = Promise.withResolvers<undefined>()
    open.push(() => asked.resolve(undefined))
    signals.push(signal)
    most = Math.max(most, open.length)
    await asked.promise
    return answer(value)
  }
  /** Answers what has been asked, each time the one that `choose` names, until nothing is asked any more. */
  async function answerAll(choose: () => number): Promise<void> {
    while (open.length > 0) {
      open.splice(choose() % open.length, 1)[0]?.()
      await setImmediate()
    }
  }
  return { ask, open, signals, answerAll, most: () => most }
}

/** A task with windows behind asynchronous work. */
export const windowed = (work: Work, concurrency: number) =>
  taskOf(({ read }) =>
    read(playsClean, { time: ({ playedAt }) => playedAt, aheadMs: 0 }).pipe(
      mapAsync(work, { concurrency }),
      foldWindow({ windows: tumbling(minutes(1), { grace: 0 }), fold: artistTotal, late: latePlay }),
      route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
    ),
  )

export function taskOf(define: Parameters<typeof topology>[1]): Task {
  return new Task({
    topology: topology('asking', define),
    partition: 0,
    codec,
    deadLetterKey: driverDeadLetterKey,
  })
}

let offset = 0n
export function process(task: Task, value: CleanPlay): void {
  task.process(playsClean.name, {
    topic: playsClean.name,
    partition: 0,
    offset: offset++,
    timestamp: at('12:59:00'),
    key: Buffer.from(value.artistId),
    value: codec.encode(playsClean, value),
    headers: {},
  })
}

export const told = (task: Task) =>
  recordsIn(task.takeOutgoing()).map(({ topic, key, value }) => [
    topic,
    key,
    topic === 'dead-letters' ? '' : value,
  ])

/** A play may say itself what becomes of it. */
export const answerOf = (value: CleanPlay) => {
  if (value.country === 'drop') return drop('not_wanted')
  return value.country === 'wrong' ? deadLetter('wrong') : ok({ ...value, trackName: 'asked' })
}
