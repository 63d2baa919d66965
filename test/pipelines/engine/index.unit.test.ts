import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as engine from '../../../pipelines/engine/index.ts'

test('the errors of the engine can be told apart by those who use it as a library', () => {
  const { DecodeError, StateError, TopicError, TopologyError, WorkTimeoutError } = engine
  for (const Kind of [DecodeError, StateError, TopicError, TopologyError, WorkTimeoutError])
    assert.ok(Kind.prototype instanceof Error)
})
