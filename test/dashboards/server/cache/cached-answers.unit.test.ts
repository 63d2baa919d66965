import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, AnswerStore } from '../../../../dashboards/server/cache/answer-store.ts'
import { StoreAway } from '../../../../dashboards/server/cache/answer-store.ts'
import { type Asked, cachedAnswers } from '../../../../dashboards/server/cache/cached-answers.ts'
import { until } from '../../../kit/until.ts'

/** A store that several processes share. */
function storeInMemory() {
  const answers = new Map<string, Answer>()
  const flights = new Map<string, string>()
  const rests: number[] = []
  let away = false
  let next = 0
  const there = <T>(value: T): Promise<T> =>
    away ? Promise.reject(new StoreAway('away')) : Promise.resolve(value)
  const store: AnswerStore = {
    find: (key) => there(answers.get(key)),
    async keep(key, answer) {
      if (!away) answers.set(key, answer)
    },
    async takeOff(key) {
      await there(undefined)
      if (flights.has(key)) return undefined
      flights.set(key, String(++next))
      return String(next)
    },
    async land(key, flight, restMs = 0) {
      rests.push(restMs)
      if (restMs === 0 && flights.get(key) === flight) flights.delete(key)
    },
  }
  return { store, answers, flights, rests, goAway: (gone: boolean) => (away = gone) }
}

/** A question whose answers are numbered, each found when the test says so. */
function question(key = 'k') {
  const waiting: PromiseWithResolvers<undefined>[] = []
  let number = 0
  const asked: Asked = {
    key,
    freshMs: 1_000,
    keptMs: 60_000,
    async ask() {
      const mine = ++number
      const found = Promise.withResolvers<undefined>()
      waiting.push(found)
      await found.promise
      return String(mine)
    },
  }
  return {
    asked,
    times: () => number,
    find: () => waiting.shift()!.resolve(undefined),
    fail: () => waiting.shift()!.reject(new Error('no answer')),
  }
}

const old = (ms: number, body = 'old'): Answer => ({ body, askedAt: Date.now() - ms })

test('of two processes one asks, and all who wait share the answer', async () => {
  const { store, flights } = storeInMemory()
  const [one, other] = [cachedAnswers(store), cachedAnswers(store)]
  const { asked, times, find } = question()
  const answers = Promise.all([one(asked), one(asked), other(asked), other(asked)])
  await until(() => times() === 1, { what: 'the question to be asked' })
  find()
  assert.deepEqual(
    (await answers).map(({ body }) => body),
    ['1', '1', '1', '1'],
  )
  assert.equal(times(), 1)
  assert.equal(flights.size, 0)
})

test('a fresh answer is given out without asking', async () => {
  const { store, answers } = storeInMemory()
  answers.set('k', old(900))
  const { asked, times } = question()
  assert.deepEqual(await cachedAnswers(store)(asked), { ...answers.get('k'), from: 'cache' })
  assert.equal(times(), 0)
})

test('a stale answer is given out at once, while one fetches a newer', async () => {
  const { store, answers } = storeInMemory()
  answers.set('k', old(1_000))
  const { asked, times, find } = question()
  const [one, other] = [cachedAnswers(store), cachedAnswers(store)]
  const bodies = (await Promise.all([one(asked), other(asked), one(asked)])).map(({ body }) => body)
  assert.deepEqual(bodies, ['old', 'old', 'old'])
  await until(() => times() === 1, { what: 'the question to be asked' })
  assert.equal((await one(asked)).body, 'old')
  assert.equal(times(), 1)
  find()
  await until(async () => (await other(asked)).body === '1', { what: 'the newer answer' })
})

test('a stale answer outlives a question that fails, which is not asked again at once', async () => {
  const { store, answers, rests } = storeInMemory()
  answers.set('k', old(5_000))
  const { asked, times, fail } = question()
  const untold: unknown[] = []
  const answerTo = cachedAnswers(store, (error) => untold.push(error))
  assert.equal((await answerTo(asked)).body, 'old')
  await until(() => times() === 1, { what: 'the question to be asked' })
  fail()
  await until(() => rests.length > 0, { what: 'the flight to have ended' })
  assert.equal((await answerTo(asked)).body, 'old')
  assert.deepEqual([times(), rests[0]! > 0], [1, true])
  assert.deepEqual(untold.map(String), ['Error: no answer'])
})

test('where there is no answer a failure is told, and whoever asks next asks anew', async () => {
  const { store, flights } = storeInMemory()
  const { asked, times, find, fail } = question()
  const answerTo = cachedAnswers(store)
  const failed = assert.rejects(answerTo(asked), /no answer/)
  await until(() => times() === 1, { what: 'the question to be asked' })
  fail()
  await failed
  assert.equal(flights.size, 0)
  const next = answerTo(asked)
  await until(() => times() === 2, { what: 'the question to be asked again' })
  find()
  assert.equal((await next).body, '2')
})

test('with a store that is away each process asks once at a time, and nothing fails', async () => {
  const { store, goAway } = storeInMemory()
  goAway(true)
  const { asked, times, find } = question()
  const answerTo = cachedAnswers(store)
  const answers = Promise.all([answerTo(asked), answerTo(asked)])
  await until(() => times() === 1, { what: 'the question to be asked' })
  find()
  for (const { body, from } of await answers) assert.deepEqual([body, from], ['1', 'source'])
})

test('a store that goes away during a flight costs nothing but the keeping', async () => {
  const { store, goAway, answers } = storeInMemory()
  const { asked, times, find } = question()
  const answer = cachedAnswers(store)(asked)
  await until(() => times() === 1, { what: 'the question to be asked' })
  goAway(true)
  find()
  assert.equal((await answer).body, '1')
  assert.deepEqual([times(), answers.size], [1, 0])
})

test('keys are kept apart', async () => {
  const { store } = storeInMemory()
  const answerTo = cachedAnswers(store)
  const [mine, yours] = [question('mine'), question('yours')]
  const both = Promise.all([answerTo(mine.asked), answerTo({ ...yours.asked, ask: async () => 'yours' })])
  await until(() => mine.times() === 1, { what: 'the question to be asked' })
  mine.find()
  assert.deepEqual(
    (await both).map(({ body }) => body),
    ['1', 'yours'],
  )
})
