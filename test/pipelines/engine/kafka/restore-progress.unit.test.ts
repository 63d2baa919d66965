import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { RestoreWatch } from '../../../../pipelines/engine/kafka/restore-progress.ts'

test('a restoration that does not get on is told in the log with the stores that it waits for, and no other is', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const lines: { msg: string }[] = []
  const log = pino({ level: 'warn' }, { write: (line) => lines.push(JSON.parse(line) as { msg: string }) })
  const watch = new RestoreWatch('plays-per-user', () => undefined, log)
  for (const partition of [0, 1]) watch.begin({ store: 'fold-1', partition, topic: 'changelog' }, 5)
  const endTelling = watch.tellHoldUps()
  watch.restored('fold-1', 0, 5)
  t.mock.timers.tick(29_999)
  watch.restored('fold-1', 1, 2)
  t.mock.timers.tick(29_999)
  assert.equal(lines.length, 0)
  t.mock.timers.tick(1)
  assert.match(
    lines[0]?.msg ?? '',
    /^restoring plays-per-user is held up: nothing more of changelog:1 can be read\. .*find-hanging --topic changelog --partition 1 /,
  )
  endTelling()
  t.mock.timers.tick(90_000)
  assert.equal(lines.length, 1)
})
