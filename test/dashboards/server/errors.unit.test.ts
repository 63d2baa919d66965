import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastify from 'fastify'
import { pino } from 'pino'
import { topArtists } from '../../../dashboards/server/endpoints/top-artists.ts'
import { ApiError, answerErrors, logUntold } from '../../../dashboards/server/errors.ts'

/** What is answered where a route throws this, and what the log says. */
async function thrown(error: Error) {
  const said: { msg: string; code: string; err: { message: string } }[] = []
  const app = fastify()
  answerErrors(
    app,
    pino({ base: null }, { write: (line) => said.push(JSON.parse(line) as (typeof said)[number]) }),
  )
  app.get('/', () => Promise.reject(error))
  const { statusCode, headers, body } = await app.inject('/')
  return { statusCode, headers, body, said }
}

test('what is unexpected is logged and not shown', async () => {
  const { statusCode, body, said } = await thrown(new Error('the key is hunter2'))
  assert.equal(statusCode, 500)
  assert.doesNotMatch(body, /hunter2/)
  assert.deepEqual(
    said.map(({ code, err }) => [code, err.message]),
    [['internal', 'the key is hunter2']],
  )
})

test('the cause of an error is logged and not shown', async () => {
  const cause = new Error('Code: 159. DB::Exception')
  const { statusCode, body, said } = await thrown(
    new ApiError(503, 'limit_met', 'ended', 'ask for less', { cause }),
  )
  assert.deepEqual(
    [statusCode, JSON.parse(body)],
    [503, { error: 'limit_met', message: 'ended', remedy: 'ask for less' }],
  )
  assert.deepEqual(
    said.map(({ msg, err }) => [msg, err.message]),
    [['ended', cause.message]],
  )
})

test('what fails behind an older answer is logged as if somebody had waited for it', () => {
  const said: { msg: string; code: string; err: { message: string } }[] = []
  const log = pino({ base: null }, { write: (line) => said.push(JSON.parse(line) as (typeof said)[number]) })
  const tell = logUntold(log)
  tell(new ApiError(503, 'limit_met', 'ended', 'ask for less', { cause: new Error('Code: 159') }))
  tell(new RangeError('a second dimension'))
  tell(new ApiError(503, 'busy', 'too many', 'ask again'))
  assert.deepEqual(
    said.map(({ code, err }) => [code, err.message]),
    [
      ['limit_met', 'Code: 159'],
      ['internal', 'a second dimension'],
    ],
  )
})

test('what the one who asks can mend, or wait for, is not logged, however many ask', async () => {
  for (const error of [
    new ApiError(503, 'busy', 'too many', 'ask again', { headers: { 'retry-after': '1' } }),
    new ApiError(400, 'no_days', 'from is not before to', 'ask for days'),
    Object.assign(new Error('querystring must have artistId'), { statusCode: 400 }),
  ]) {
    const { statusCode, headers, said } = await thrown(error)
    assert.deepEqual(said, [])
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['retry-after'], statusCode === 503 ? '1' : undefined)
  }
})

test('who asks with a parameter that there is not, or a value, is told which there are', async () => {
  const app = fastify({ ajv: { customOptions: { removeAdditional: false } } })
  answerErrors(app, pino({ level: 'silent' }))
  app.get('/', { schema: { querystring: topArtists.querystring } }, () => 'asked')
  const answerTo = async (asked: string) => {
    const { message, remedy } = (await app.inject(asked)).json<{ message: string; remedy: string }>()
    return [message, remedy]
  }
  const remedy = 'this takes period, day; /api/openapi.json says what each may be'
  const values = 'querystring/period must be equal to one of the allowed values: day, week, month'
  assert.deepEqual(await answerTo('/?period=year'), [values, remedy])
  assert.deepEqual(await answerTo('/?periode=day'), [
    'querystring must NOT have additional properties',
    remedy,
  ])
})
