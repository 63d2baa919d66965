import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, after, before, test } from 'node:test'
import { makeArtifact } from '../../../pipelines/model/artifact/make-artifact.ts'
import { trainingDefaults } from '../../../pipelines/model/ials/train.ts'
import type { Listening } from '../../../pipelines/model/interactions.ts'
import { Model } from '../../../pipelines/model/serve/model.ts'
import { runCli } from '../../gateway/kit/cli.ts'
import { at } from '../../kit/builders.ts'
import { crowds, playsOf } from '../../kit/model-plays.ts'
import { startObjectStore } from '../../kit/object-store.ts'
import { clickhouseRoom } from '../../sinks/clickhouse/room.ts'

let clickhouse: Awaited<ReturnType<typeof clickhouseRoom>>
let folder: string
before(async () => {
  clickhouse = await clickhouseRoom()
  folder = await mkdtemp(join(tmpdir(), 'continuo-models-'))
})
after(async () => {
  await clickhouse.close()
  await rm(folder, { recursive: true })
})

/** The command line of an installation of its own. */
function installation(t: TestContext, given: Record<string, string> = {}) {
  const MODEL_STORE = join(folder, randomUUID())
  const TOPIC_PREFIX = `test-${randomUUID()}.`
  const env = { TOPIC_PREFIX, CLICKHOUSE_DATABASE: clickhouse.database, MODEL_STORE, ...given }
  async function run(...args: string[]) {
    const { ended, stdout, stderr } = runCli(t, ['model', ...args], env)
    return { code: await ended, out: stdout(), said: stderr() }
  }
  return {
    run,
    fileOf: (version: string) => join(MODEL_STORE, `${version}.onnx`),
    async train(...args: string[]): Promise<string> {
      const { code, out, said } = await run('train', '--factors', '8', ...args)
      assert.equal(code, 0, said)
      return /trained (\S+) on/.exec(out)![1]!
    },
    async listed(): Promise<{ version: string; inService: boolean }[]> {
      const { out, said } = await run('list', '--json')
      assert.equal(said, '')
      return out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { version: string; inService: boolean })
    },
  }
}

async function fileOf(rows: readonly Listening[]): Promise<string> {
  const file = join(folder, `${randomUUID()}.csv`)
  await writeFile(file, rows.map((row) => `${row.listener},${row.artist},${row.plays}\n`).join(''))
  return file
}

test('what is better goes into service, what is worse does not, and there is a way back', async (t) => {
  const { run, train, listed } = installation(t)
  assert.match((await run('list')).out, /there is no model yet/)
  const plays = await fileOf(crowds(100))
  const worse = await train('--from', await fileOf(crowds(100).map(shuffled)), '--sweeps', '1')
  const better = await train('--from', plays)

  assert.equal((await run('promote', worse)).code, 0)
  const promoted = await run('promote', better, '--from', plays)
  assert.equal(promoted.code, 0, promoted.said)
  assert.match(promoted.out, /listeners held out[^]*NDCG@10[^]*is in service, in the place of/)
  assert.deepEqual(
    (await listed()).map(({ version, inService }) => [version, inService]),
    [
      [better, true],
      [worse, false],
    ],
  )

  const refused = await run('promote', worse, '--from', plays)
  assert.equal(refused.code, 1)
  assert.match(refused.said, /is worse than \S+, which stays in service: add --anyway/)
  assert.match((await run('list')).out, new RegExp(`● +${better}`))

  const back = await run('rollback')
  assert.equal(back.code, 0, back.said)
  assert.match(back.out, new RegExp(`${worse} is in service again, in the place of ${better}`))
  assert.match((await run('rollback')).said, /no model was in service before/)
  assert.match((await run('promote', worse)).said, /is in service already/)
  assert.match((await run('promote', 'nobody')).said, /there is no model nobody: `continuo model list`/)
  assert.equal((await run('promote', better, '--anyway')).code, 0)
})

test('models in an object store', async (t) => {
  const objects = await startObjectStore(['models'])
  t.after(objects.close)
  const { run, train } = installation(t, { ...objects.env, MODEL_STORE: 's3://models/continuo' })
  const plays = await fileOf(crowds(100))
  const [one, other] = [await train('--from', plays), await train('--from', plays, '--seed', '2')]
  assert.equal((await run('promote', one)).code, 0)
  assert.equal((await run('promote', other, '--anyway')).code, 0)
  const back = await run('rollback')
  assert.match(back.out, new RegExp(`${one} is in service again`), back.said)
})

/** Of the same listeners, each of whom hears artists of any crowd. */
const shuffled = (row: Listening, index: number): Listening => ({
  ...row,
  artist: `${index % 2 === 0 ? 'rock' : 'jazz'}er-${row.artist.split('-')[1]}`,
})

test('a file that has been damaged, or is away, is refused, and the model in service stays', async (t) => {
  const { run, train, fileOf: artifactOf, listed } = installation(t)
  const plays = await fileOf(crowds(100))
  const served = await train('--from', plays)
  assert.equal((await run('promote', served)).code, 0)
  const [damaged, away] = [
    await train('--from', plays, '--seed', '2'),
    await train('--from', plays, '--seed', '3'),
  ]
  const bytes = await readFile(artifactOf(damaged))
  bytes[bytes.length >> 1]! ^= 1
  await writeFile(artifactOf(damaged), bytes)
  await rm(artifactOf(away))
  for (const args of [[], ['--anyway']]) {
    const refused = await run('promote', damaged, '--from', plays, ...args)
    assert.equal(refused.code, 1)
    assert.match(refused.said, /is not what was trained: its file has been damaged or exchanged/)
    assert.match(
      (await run('promote', away, '--from', plays, ...args)).said,
      /cannot be read: .*set MODEL_STORE/,
    )
  }
  assert.equal((await listed()).find(({ inService }) => inService)?.version, served)
})

test('plays of ClickHouse: short ones say nothing, names and countries come with them', async (t) => {
  const { run, train, fileOf: artifactOf } = installation(t)
  assert.match((await run('train')).said, /ClickHouse has no plays yet/)
  const values = crowds(100).flatMap(({ listener, artist, plays }) =>
    Array.from({ length: plays }, (_, nth) => ({
      event_id: randomUUID(),
      listener,
      track_id: 't',
      track_name: 'T',
      artist_id: artist,
      artist_name: `The ${artist}s`,
      ms_played: nth === 0 ? 200_000 : 30_000,
      played_at: at('12:00:00'),
      platform: 'web',
      network: null,
      country: listener < 'rock' ? 'NO' : null,
      source: 'app',
      received_at: at('12:00:00'),
      kafka_topic: 'k',
      kafka_topic_id: 'i',
      kafka_partition: 0,
      kafka_offset: 0,
    })),
  )
  const short = { ...values[0]!, artist_id: 'hardly-heard', ms_played: 29_999 }
  await clickhouse.client.insert({ table: 'plays', values: [...values, short], format: 'JSONEachRow' })
  const version = await train()
  const served = await run('promote', version)
  assert.equal(served.code, 0, served.said)
  const { metadata } = await Model.load(await readFile(artifactOf(version)), version)
  const plays = playsOf(crowds(100))
  const { metadata: ofFile } = await makeArtifact(plays, { ...trainingDefaults, factors: 8, now: 0 })
  assert.equal(metadata.training.fingerprint, ofFile.training.fingerprint)
  assert.deepEqual(metadata.heldOut, ofFile.heldOut)
  assert.ok(metadata.artists.every(({ id, name }) => name === `The ${id}s`))
  assert.deepEqual(
    new Set(metadata.popular['NO']!.map((number) => metadata.artists[number]!.id.slice(0, 4))),
    new Set(['jazz']),
  )
})
