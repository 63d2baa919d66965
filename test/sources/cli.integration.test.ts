import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { topics } from '../../schemas/topics.ts'
import { freePort } from '../../stack/ports.ts'
import type { Counts } from '../../sources/simulator/index.ts'
import { until } from '../kit/until.ts'
import { someRows } from './import/some-rows.ts'
import { type KafkaRoom, kafkaRoom } from './kafka-room.ts'

let room: KafkaRoom
let folder: string
const children: ChildProcess[] = []
before(async () => {
  room = await kafkaRoom()
  folder = await mkdtemp(join(tmpdir(), 'continuo-sources-'))
})
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await room.remove()
  await rm(folder, { recursive: true })
})

/** `continuo <words>` as a process of its own. */
async function continuo(...words: string[]) {
  const main = join(import.meta.dirname, '../../cli/main.ts')
  const env = { ...process.env, ...room.env, HEALTH_PORT: String(await freePort()), LOG_LEVEL: 'info' }
  const child = spawn(process.execPath, [main, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const said = { out: '', err: '' }
  child.stdout.on('data', (data: Buffer) => (said.out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (said.err += data.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, said, ended }
}

/** A field of the first log line that has it. */
function logged(out: string, field: string): unknown {
  for (const line of out.split('\n').filter(Boolean)) {
    const entry = JSON.parse(line) as Record<string, unknown>
    if (field in entry) return entry[field]
  }
  return undefined
}

test('simulate --count sends so many plays and prints the counts as the only line', async () => {
  const { said, ended } = await continuo(
    'simulate',
    '--count',
    '200',
    '--rate',
    '1000',
    '--seed',
    'cli',
    '--listeners',
    '50',
  )
  assert.equal(await ended, 0, said.err)
  const counts = JSON.parse(said.out) as Counts & { seed: string }
  assert.deepEqual([counts.seed, counts.plays], ['cli', 200])
  const records = await room.records(topics.plays)
  assert.equal(records.length, counts.plays + counts.duplicates + counts.malformed)
})

test('simulate runs until it is stopped; its rate is changed by HTTP', async () => {
  const { child, said, ended } = await continuo('simulate', '--rate', '1', '--control-port', '0')
  const port = await until(() => logged(said.out, 'control'), {
    what: 'the port for the rate',
    within: 20_000,
  })
  const health = await until(() => logged(said.out, 'health'), { what: 'the health port' })
  await until(async () => (await fetch(`http://127.0.0.1:${String(health)}/readyz`)).ok, { what: 'ready' })
  const second = await continuo('simulate', '--control-port', String(port))
  assert.equal(await second.ended, 1)
  assert.match(second.said.out, /Port \d+.* is in use: give another one with --control-port/)
  const put = await fetch(`http://127.0.0.1:${String(port)}/rate`, { method: 'PUT', body: '500' })
  assert.deepEqual(await put.json(), { playsPerSecond: 500 })
  await until(
    async () => {
      const counts = (await (await fetch(`http://127.0.0.1:${String(port)}/counts`)).json()) as Counts
      return counts.plays > 100
    },
    { what: 'plays at the new rate' },
  )
  const page = await (await fetch(`http://127.0.0.1:${String(health)}/metrics`)).text()
  assert.match(page, /continuo_simulator_plays_per_second\{role="simulate"\} 500/)
  child.kill('SIGTERM')
  assert.equal(await ended, 0, said.out)
})

test('import spotify prints a table; with --json one line; with what it cannot read an error that says so', async () => {
  const file = join(folder, 'StreamingHistory0.json')
  await writeFile(file, JSON.stringify([...someRows(12), { artistName: 'no time' }]))

  const first = await continuo('import', 'spotify', file, '--user', 'cli-user', '--no-wait')
  assert.equal(await first.ended, 0, first.said.err)
  assert.match(first.said.out, /records read +13\n[^]*sent +12\n[^]*not_a_play +1\n/)
  assert.ok(!first.said.out.includes('cli-user') && !first.said.err.includes('cli-user'))

  const again = await continuo('import', 'spotify', file, '--user', 'cli-user', '--json')
  assert.equal(await again.ended, 0, again.said.err)
  const { totals } = JSON.parse(again.said.out) as { totals: unknown }
  assert.deepEqual(totals, {
    read: 13,
    produced: 0,
    duplicate: 12,
    skipped: 1,
    deadLettered: 0,
    addsUp: true,
  })

  const missing = await continuo('import', 'spotify', `${file}.gz`, '--user', 'cli-user')
  assert.equal(await missing.ended, 1)
  assert.match(missing.said.err, /^continuo: .*StreamingHistory0\.json\.gz cannot be read: ENOENT/)
  const other = await continuo('import', 'spotify', `${file}.gz`, file, '--user', 'cli-user', '--no-wait')
  assert.equal(await other.ended, 1)
  assert.match(other.said.out, /Not read: .*StreamingHistory0\.json\.gz: it cannot be read/)
})

test('import spotify without anonymise ends at its deadline with exit code 1', async () => {
  const file = join(folder, 'StreamingHistory1.json')
  await writeFile(file, JSON.stringify(someRows(3)))
  const { said, ended } = await continuo(
    'import',
    'spotify',
    file,
    '--user',
    'nobody-reads',
    '--deadline',
    '0.5',
  )
  assert.equal(await ended, 1)
  assert.match(said.out, /anonymise has not read them/)
})
