import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { topics } from '../../../schemas/topics.ts'
import { freePort } from '../../../stack/ports.ts'
import { runCli } from '../../gateway/kit/cli.ts'
import { play } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { KafkaRoom } from '../../pipelines/kafka-room.ts'

const DEAD_LETTER_KEY = randomBytes(32).toString('base64')

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 2 })))
after(() => room.remove())

const where = () => ({
  DEAD_LETTER_KEY,
  TOPIC_PREFIX: room.address.topicPrefix,
  APPLICATION_ID: room.address.applicationId,
})

// run A ── plays ── kill A ── run B: what a stranger sees who asks now and then
test('nobody, then a process that works, its kill, and one that goes on', async (t) => {
  async function seen(what: RegExp): Promise<string> {
    let last = ''
    const matches = async () => {
      const shown = runCli(t, ['status', '--once', 'listening-totals'], where())
      assert.equal(await shown.ended, 0, shown.stderr())
      last = shown.stdout()
      assert.match(last, what)
      return last
    }
    return until(matches, { what: `status to show ${what.source}`, within: 60_000, every: 5_000 })
  }
  const run = async () => {
    const health = await freePort()
    const { process, ended } = runCli(t, ['run', 'listening-totals'], {
      ...where(),
      HEALTH_PORT: String(health),
    })
    return {
      process,
      ended,
      ask: async (path: string) => (await fetch(`http://127.0.0.1:${health}${path}`)).text(),
    }
  }

  await seen(
    /listening-totals · 2 tasks · 0 processes · lag 0\n +→ nobody runs it: `continuo run listening-totals`/,
  )

  const first = await run()
  const plays = ['12:00:00', '12:00:30', '12:01:10'].map((playedAt) => play({ playedAt }))
  await room.send(topics.playsClean, plays, ({ eventId }) => eventId)
  const working = await seen(/1 process · lag 0\n[^]*running +0 [^]*2026-01-01 12:01:10 [^]* 2 +\d/)
  assert.doesNotMatch(working, /Artist One|AAAA/)
  const metrics = (await first.ask('/metrics')).replace(/^(?!continuo).*\n/gm, '')
  assert.match(
    metrics,
    /^continuo_stream_time_seconds\{topology="listening-totals",partition="\d",role="run"\} 17672688/m,
  )
  assert.match(
    metrics,
    /^continuo_restoring_tasks\{topology="listening-totals",partition="0",role="run"\} 0$/m,
  )
  assert.match(
    await first.ask('/status'),
    /^\[\{"topology":"listening-totals","tasks":\[\{"partition":0,"phase":"running"/,
  )

  const name = new RegExp(`:${first.process.pid} has said nothing for .* killed, hanging or cut off`)
  first.process.kill('SIGKILL')
  await seen(name)

  const second = await run()
  const again = await seen(new RegExp(` 1 +running .*:${second.process.pid}$`, 'm'))
  assert.doesNotMatch(again, name)
  second.process.kill('SIGTERM')
  assert.equal(await second.ended, 0)
  await seen(/0 processes · lag 0\n +→ nobody runs it/)
})
