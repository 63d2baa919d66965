import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../cli/config.ts'
import { describeError } from '../../cli/describe-error.ts'

test('what a client put into its error – a password, a key – is in no log; its code, its causes and what it is made of are', () => {
  const refused = Object.assign(new Error('WRONGPASS'), {
    command: { name: 'auth', args: ['ada', 's3cr3t'] },
    code: 'ERR_REDIS',
  })
  const cause = new Error('closed', { cause: refused })
  const all = describeError(
    new AggregateError([refused, 'no error', new ConfigError('take another')], 'all', { cause }),
  )
  assert.doesNotMatch(JSON.stringify(all), /s3cr3t/)
  assert.deepEqual([all.type, all.message], ['AggregateError', 'all: closed: WRONGPASS'])
  assert.match(all.stack!, /caused by: Error: closed[^]*caused by: Error: WRONGPASS/)
  assert.deepEqual(
    all.aggregateErrors?.map(({ type, message, code }) => [type, message, code]),
    [
      ['Error', 'WRONGPASS', 'ERR_REDIS'],
      ['ConfigError', 'take another', undefined],
    ],
  )
})
