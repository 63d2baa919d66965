import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { RestoreWatch } from '../../../../pipelines/engine/kafka/restore-progress.ts'

test('a restoration that does not get on is told in the log with the stores that it waits for, and no other is', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const lines: { msg: string }[] = []
  const log = pino({ level: 'warn' }, { write: (line) => lines.push(JSON.parse(line) as { msg: string }) })
  const watch = new RestoreWatch('plays-per-user', () => undefined, log)
  watch.begin('fold-1', 0, 5)
  watch.begin('fold-1', 1, 5)
  const endTelling = watch.tellHoldUps()
  watch.restored('fold-1', 0, 5)
  t.mock.timers.tick(30_000)
  watch.restored('fold-1', 1, 2)
  t.mock.timers.tick(30_000)
  assert.equal(lines.length, 0)
  t.mock.timers.tick(30_000)
  assert.match(
    lines[0]?.msg ?? '',
    /^restoring plays-per-user is held up: nothing more of fold-1:1 can be read\. .*kafka-transactions\.sh find-hanging/,
  )
  endTelling()
  t.mock.timers.tick(90_000)
  assert.equal(lines.length, 1)
})
