import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import pino from 'pino'
import { Outage } from '../../../gateway/live/outage.ts'

const event = fc.record({ after: fc.nat(7_000), fails: fc.boolean() })

test('an outage is told of as it begins, and with its failures when there has been none for five seconds', () => {
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const lines: string[] = []
      let now = 0
      const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) })
      const outage = new Outage(log, { begins: 'away', ends: 'back' }, () => now)
      const expected: unknown[] = []
      let failures: number[] = []
      for (const { after, fails } of events) {
        now += after
        if (fails) {
          if (failures.length === 0) expected.push({ level: 40, why: 'no answer', msg: 'away' })
          failures.push(now)
          outage.failed(new Error('no answer'))
        } else {
          if (failures.length > 0 && failures.every((at) => now - at >= 5_000)) {
            expected.push({ level: 30, failures: failures.length, msg: 'back' })
            failures = []
          }
          outage.succeeded()
        }
      }
      assert.deepEqual(
        lines.map((line) => JSON.parse(line) as unknown),
        expected,
      )
    }),
  )
})
