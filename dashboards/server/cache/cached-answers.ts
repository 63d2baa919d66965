import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, type AnswerStore, FLIGHT_MS, StoreAway } from './answer-store.ts'

/** A question, and for how long an answer to it will do. */
export interface Asked {
  /** All that the answer depends on, as a digest: whoever asks under the same key gets the same answer. */
  key: string
  /** So long it is given out as it is. */
  freshMs: number
  /** So long it is given out, while a newer one is fetched behind it. */
  keptMs: number
  /** Finds the answer, as JSON. */
  ask(): Promise<string>
}

/** An answer, and where it comes from. */
export interface Given extends Answer {
  from: 'cache' | 'source'
}

export type AnswerTo = (asked: Asked) => Promise<Given>

const LOOK_EVERY_MS = 20
/** After a fetch behind a stale answer has failed, nobody tries again for so long. */
const REST_MS = 1_000

/**
 * Answers from the store: fresh ones as they are, stale ones while one process fetches a newer, and where there is none all wait for the one that fetches it.
 * Without a store, or while it is away, each process asks for itself, once at a time for a key. It fails only if `ask` does; `onUntold` hears of what `ask`
 * throws while a stale answer is given out, since nobody waits for it.
 */
export function cachedAnswers(
  store?: AnswerStore,
  onUntold: (error: unknown) => void = () => undefined,
): AnswerTo {
  const ask = sharing(async ({ ask: find }): Promise<Given> => {
    const askedAt = Date.now()
    return { askedAt, body: await find(), from: 'source' }
  })
  return store === undefined ? ask : throughStore(store, ask, onUntold)
}

function throughStore(store: AnswerStore, ask: AnswerTo, onUntold: (error: unknown) => void): AnswerTo {
  const { find, refresh, fetchOrWait } = flights(store, ask)
  return sharing(async (asked) => {
    try {
      const answer = await find(asked)
      if (answer === undefined) return await fetchOrWait(asked)
      if (Date.now() - answer.askedAt >= asked.freshMs)
        refresh(asked).catch((error: unknown) => {
          // Whoever asks next tries again.
          if (!(error instanceof StoreAway)) onUntold(error)
        })
      return answer
    } catch (error) {
      if (error instanceof StoreAway) return ask(asked)
      throw error
    }
  })
}

function flights(store: AnswerStore, ask: AnswerTo) {
  async function find({ key }: Asked): Promise<Given | undefined> {
    const answer = await store.find(key)
    return answer && { ...answer, from: 'cache' }
  }

  async function fly(asked: Asked, flight: string, restMs?: number): Promise<Given> {
    try {
      const answer = await ask(asked)
      await store.keep(asked.key, answer, asked.keptMs)
      await store.land(asked.key, flight)
      return answer
    } catch (error) {
      await store.land(asked.key, flight, restMs)
      throw error
    }
  }

  async function fetchOrWait(asked: Asked): Promise<Given> {
    const deadline = Date.now() + FLIGHT_MS
    while (Date.now() < deadline) {
      const flight = await store.takeOff(asked.key)
      // Looked for behind that: it may have landed in between.
      const answer = await find(asked)
      if (answer === undefined && flight !== undefined) return fly(asked, flight)
      if (flight !== undefined) await store.land(asked.key, flight)
      if (answer !== undefined) return answer
      await pause(LOOK_EVERY_MS)
    }
    return ask(asked)
  }

  const refresh = sharing(async (asked): Promise<void> => {
    const flight = await store.takeOff(asked.key)
    if (flight !== undefined) await fly(asked, flight, REST_MS)
  })
  return { find, refresh, fetchOrWait }
}

/** Does it for each key at most once at a time; those who come meanwhile share what comes of it. */
function sharing<Result>(act: (asked: Asked) => Promise<Result>): (asked: Asked) => Promise<Result> {
  const underWay = new Map<string, Promise<Result>>()
  return (asked) => {
    const known = underWay.get(asked.key)
    if (known !== undefined) return known
    const result = act(asked).finally(() => underWay.delete(asked.key))
    underWay.set(asked.key, result)
    return result
  }
}
