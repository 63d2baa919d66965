import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sharing } from '../../../dashboards/server/sharing.ts'
import { until } from '../../kit/until.ts'

test('those who ask for the same share an answer, also a second while it is being found', async () => {
  const asked: number[] = []
  const found = Promise.withResolvers<'found'>()
  const ask = sharing(async (many) => {
    asked.push(many)
    await found.promise
    return { many }
  })
  const answers = Promise.all([ask(1), ask(1), ask(2)])
  assert.deepEqual(asked, [1, 2])
  found.resolve('found')
  const [one, same, other] = await answers
  assert.equal(await ask(1), one)
  assert.equal(same, one)
  assert.equal(other.many, 2)
  assert.deepEqual(asked, [1, 2])
})

test('after a second it is asked for again', async () => {
  let asked = 0
  const ask = sharing(async () => ({ number: ++asked }))
  assert.equal((await ask(1)).number, 1)
  await until(async () => (await ask(1)).number > 1, { what: 'another answer' })
  assert.equal((await ask(1)).number, 2)
})

test('a failure is not shared with those who ask afterwards', async () => {
  let answers = false
  const ask = sharing(async () => {
    if (!answers) throw new Error('away')
    return { there: true }
  })
  await assert.rejects(ask(1), /away/)
  answers = true
  assert.deepEqual(await ask(1), { there: true })
})
