import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readListenings } from '../../../pipelines/model/read-listenings.ts'

async function read(t: TestContext, text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-listenings-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'plays.csv')
  await writeFile(file, text)
  return (await readListenings(file)).map(({ listener, artist, plays }) => `${listener}|${artist}|${plays}`)
}

test('commas or white space are between fields, the plays of a pair are added up, a head and empty lines are passed over', async (t) => {
  const wanted = ['1|Pink Floyd|12', '2|x|7']
  assert.deepEqual(
    await read(t, 'user, artist, count\r\n1,Pink Floyd,5\r\n\r\n2 , x, 7\r\n1,Pink Floyd,7'),
    wanted,
  )
  assert.deepEqual(await read(t, '1\tx\t3\n2 x   4\n'), ['1|x|3', '2|x|4'])
})

for (const [what, line] of [
  ['no plays', 'u1,The 1975'],
  ['none', '2,51,0'],
  ['less than none', '2,51,-4'],
  ['a part of one', '2,51,1.5'],
  ['another separator', '2;51;7'],
  ['a field too many', '1,2,3,4'],
  ['no listener', ',2,3'],
] as const)
  test(`a line with ${what} is refused, the first one, too`, async (t) => {
    await assert.rejects(read(t, `${line}\n1,2,3\n`), /plays\.csv, line 1: expected listener,artist,plays/)
    await assert.rejects(read(t, `1,2,3\n\n${line}\n`), /plays\.csv, line 3: expected listener,artist,plays/)
  })
