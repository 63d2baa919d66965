import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Listening } from '../../../pipelines/model/interactions.ts'
import { readListenings } from '../../../pipelines/model/read-listenings.ts'
import { splitByHash } from '../../../pipelines/model/split.ts'
import { runCli } from '../../gateway/kit/cli.ts'

const hetrec = join(import.meta.dirname, '../../../../shared/data/hetrec2011-lastfm/user_artists.dat')
const skip = existsSync(hetrec)
  ? false
  : 'the listening counts (../shared/data/hetrec2011-lastfm) are not here'

async function continuo(t: TestContext, args: string[], env: Record<string, string> = {}) {
  const { ended, stdout, stderr } = runCli(t, ['model', ...args], env)
  return { code: await ended, out: stdout(), said: stderr() }
}

/** Counting what runs makes loops over numbers ten times as slow. */
const UNCOUNTED = { NODE_V8_COVERAGE: '' }

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-model-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

const csvOf = (rows: readonly Listening[]): string =>
  rows.map(({ listener, artist, plays }) => `${listener},${artist},${plays}\n`).join('')

/** Two crowds, each of which hears artists of its own; of the first listener of each crowd one artist is left out. */
const crowds = ['rock', 'jazz'].flatMap((crowd) =>
  Array.from({ length: 12 }, (_, listener) => listener).flatMap((listener) =>
    Array.from({ length: 8 }, (_, artist) => artist)
      .filter((artist) => listener > 0 || artist > 0)
      .map((artist) => ({
        listener: `${crowd}-${listener}`,
        artist: `${crowd}er-${artist}`,
        plays: 1 + artist,
      })),
  ),
)

test('a listener is recommended first what the others like who like the same', async (t) => {
  const folder = await folderOf(t)
  const [plays, out] = [join(folder, 'plays.csv'), join(folder, 'ranking.csv')]
  await writeFile(plays, `listener,artist,plays\n${csvOf(crowds)}`)
  const {
    code,
    out: told,
    said,
  } = await continuo(t, ['rank', '--train', plays, '--out', out, '--factors', '4'])
  assert.equal(code, 0, said)
  assert.equal(told, `wrote ${out}: 194 lines for 24 listeners\n`)
  const lines = (await readFile(out, 'utf8')).trimEnd().split('\n')
  assert.equal(lines[0], 'userId,rank,artistId')
  for (const crowd of ['rock', 'jazz']) assert.ok(lines.includes(`${crowd}-0,1,${crowd}er-0`))
  assert.equal(lines.filter((line) => line.startsWith('rock-1,')).length, 8)
})

test('the same seed ranks the same; what cannot be read or written is named', async (t) => {
  const folder = await folderOf(t)
  const [plays, bad] = [join(folder, 'plays.csv'), join(folder, 'bad.csv')]
  await writeFile(plays, csvOf(crowds))
  await writeFile(bad, `${csvOf(crowds.slice(0, 3))}rock-1;rocker-1;5\n`)
  const ranked = async (name: string, seed: string) => {
    const out = join(folder, name)
    const { code, said } = await continuo(t, [
      'rank',
      '--train',
      plays,
      '--out',
      out,
      '--factors',
      '4',
      '--seed',
      seed,
    ])
    assert.equal(code, 0, said)
    return readFile(out, 'utf8')
  }
  assert.equal(await ranked('one', '7'), await ranked('other', '7'))
  const failed = async (...args: string[]) => {
    const { code, said } = await continuo(t, args)
    assert.equal(code, 1)
    return said
  }
  assert.match(
    await failed('evaluate', bad),
    /^continuo: .*bad\.csv, line 4: expected listener,artist,plays, with a whole number of plays/,
  )
  assert.match(
    await failed('evaluate', join(folder, 'none.csv')),
    /^continuo: .*none\.csv cannot be read: ENOENT/,
  )
  assert.match(
    await failed('rank', '--train', plays, '--factors', '4', '--out', join(folder, 'no/where.csv')),
    /^continuo: .*no\/where\.csv cannot be written: ENOENT/,
  )
  await writeFile(bad, '')
  assert.match(await failed('evaluate', bad), /^continuo: .*bad\.csv has no line of listener,artist,plays\n$/)
  await writeFile(bad, csvOf(crowds.slice(0, 9)))
  assert.match(
    await failed('evaluate', bad),
    /^continuo: .*bad\.csv cannot be evaluated: nobody in it has 10 artists/,
  )
  assert.match(await failed('evaluate', plays, '--unobserved', '0'), /number of more than 0/)
  assert.match(await failed('evaluate', plays, '--factors', 'many'), /whole number of 1 to 1024/)
  assert.match(await failed('evaluate', plays, '--factors', '1025'), /whole number of 1 to 1024/)
})

/** Written for this test alone, from the protocol's words. */
function scored(ranking: string, held: readonly Listening[]) {
  const lists = new Map<string, string[]>()
  for (const line of ranking.trimEnd().split('\n').slice(1)) {
    const [user = '', rank, artist = ''] = line.split(',')
    const list = lists.get(user) ?? []
    list[Number(rank) - 1] = artist
    lists.set(user, list)
  }
  const users = [...new Set(held.map(({ listener }) => listener))]
  let [ndcgAt10, recallAt20, mrr] = [0, 0, 0]
  for (const user of users) {
    const wanted = held.filter(({ listener }) => listener === user).map(({ artist }) => artist)
    const list = lists.get(user) ?? []
    let [gain, most] = [0, 0]
    for (let rank = 1; rank <= 10; rank++) {
      if (wanted.includes(list[rank - 1]!)) gain += 1 / Math.log2(rank + 1)
      if (rank <= wanted.length) most += 1 / Math.log2(rank + 1)
    }
    ndcgAt10 += gain / most / users.length
    recallAt20 +=
      wanted.filter((artist) => list.slice(0, 20).includes(artist)).length / wanted.length / users.length
    const first = list.slice(0, 100).findIndex((artist) => wanted.includes(artist))
    if (first >= 0) mrr += 1 / (first + 1) / users.length
  }
  return { ndcgAt10, recallAt20, mrr }
}

test(
  'on HetRec 2011 it finds what was held back, by its own figures and by those of another scorer',
  { skip },
  async (t) => {
    const folder = await folderOf(t)
    const { train, test: held } = splitByHash(await readListenings(hetrec))
    const [plays, out] = [join(folder, 'train.csv'), join(folder, 'ranking.csv')]
    await writeFile(plays, csvOf(train))
    const evaluated = await continuo(t, ['evaluate', hetrec, '--json'], UNCOUNTED)
    assert.equal(evaluated.code, 0, evaluated.said)
    const { model, popularity } = JSON.parse(evaluated.out) as Record<string, ReturnType<typeof scored>>
    t.diagnostic(`model ${JSON.stringify(model)}, popularity ${JSON.stringify(popularity)}`)
    const { code, said } = await continuo(t, ['rank', '--train', plays, '--out', out], UNCOUNTED)
    assert.equal(code, 0, said)
    const byOther = scored(await readFile(out, 'utf8'), held)
    for (const name of ['ndcgAt10', 'recallAt20', 'mrr'] as const)
      assert.equal(byOther[name].toFixed(6), model![name].toFixed(6), name)
    assert.ok(
      byOther.ndcgAt10 >= 0.24 && byOther.recallAt20 >= 0.278 && byOther.mrr >= 0.55,
      JSON.stringify(byOther),
    )
    assert.ok(popularity!.ndcgAt10 < 0.1)
  },
)
