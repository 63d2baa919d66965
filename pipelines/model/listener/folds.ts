import type { Schema } from 'avsc'
import { type Fold, avroState } from '../../engine/index.ts'
import { type TasteEvent, type Tastes, noTastes, withEvent } from './tastes.ts'

/** What has happened to a listener in an interval. */
export interface Heard {
  events: readonly TasteEvent[]
  /** Whether a list is to be made of it: not of what comes so late that its interval has had one. */
  tell: boolean
}

interface RememberedTastes {
  tastes: Tastes
  tell: boolean
}

/** A listener whose tastes have changed. */
export interface ListenerTastes extends RememberedTastes {
  listener: string
}

const taste: Schema = {
  type: 'record',
  name: 'Taste',
  fields: [
    { name: 'artistId', type: 'string' },
    { name: 'artistName', type: ['null', 'string'] },
    { name: 'weight', type: 'double' },
    { name: 'asOf', type: 'long' },
    { name: 'heardAt', type: ['null', 'long'] },
    { name: 'skippedAt', type: ['null', 'long'] },
    { name: 'liked', type: 'boolean' },
  ],
}

const tastes: Schema = {
  type: 'record',
  name: 'Tastes',
  fields: [
    { name: 'country', type: ['null', 'string'] },
    { name: 'countryChosen', type: 'boolean' },
    { name: 'blocked', type: { type: 'array', items: 'string' } },
    { name: 'artists', type: { type: 'array', items: taste } },
    { name: 'asOf', type: 'long' },
  ],
}

/** Tastes, and whether what came last is to be told of. */
const tastesState = avroState<RememberedTastes>({
  type: 'record',
  name: 'RememberedTastes',
  fields: [
    { name: 'tastes', type: tastes },
    { name: 'tell', type: 'boolean' },
  ],
})

const eventsState = avroState<TasteEvent[]>({
  type: 'array',
  items: {
    type: 'record',
    name: 'TasteEvent',
    fields: [
      { name: 'kind', type: 'string' },
      { name: 'subject', type: 'string' },
      { name: 'artistName', type: ['null', 'string'] },
      { name: 'country', type: ['null', 'string'] },
      { name: 'at', type: 'long' },
      { name: 'receivedAt', type: 'long' },
    ],
  },
})

/** Brings together what happens to a listener in an interval. */
export const heardInInterval: Fold<TasteEvent, TasteEvent[], Heard> = {
  initial: () => [],
  add(events, event) {
    events.push(event)
    return events
  },
  result: (events) => ({ events: [...events], tell: true }),
  codec: eventsState,
}

/** What comes too late for its interval is remembered with the next. */
export const heardLate = (event: TasteEvent): Heard => ({ events: [event], tell: false })

/** Remembers the tastes of a listener. */
export const listenerTastes: Fold<Heard, RememberedTastes, ListenerTastes, []> = {
  initial: () => ({ tastes: noTastes(), tell: false }),
  add: ({ tastes: before }, { events, tell }) => ({ tastes: events.reduce(withEvent, before), tell }),
  result: (remembered, listener) => ({ ...remembered, listener }),
  codec: tastesState,
}
