import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ImportError } from '../../../sources/import/errors.ts'
import { readExports } from '../../../sources/import/export-file.ts'

const secret = 'Somebody’s favourite song'
const json = JSON.stringify([{ trackName: secret }, 2, null])

async function folder(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'continuo-export-'))
  t.after(() => rm(dir, { recursive: true }))
  return async (name: string, content: string | Buffer) => {
    await writeFile(join(dir, name), content)
    return join(dir, name)
  }
}

async function refusal(t: TestContext, name: string, content: string | Buffer): Promise<string> {
  const file = await (await folder(t))(name, content)
  const error = await readExports([file]).catch((error: unknown) => error)
  assert.ok(error instanceof ImportError, `${name} was read`)
  assert.ok(error.message.includes(file), error.message)
  assert.ok(!error.message.includes(secret.slice(0, 8)), 'the message quotes the listening')
  return error.message
}

test('plain or gzipped, whatever the name, with or without a byte order mark: the same rows', async (t) => {
  const write = await folder(t)
  for (const [name, content] of [
    ['plain.json', json],
    ['bom.json', `\uFEFF${json}`],
    ['packed.json.gz', gzipSync(json)],
    ['misnamed.json', gzipSync(`\uFEFF${json}`)],
  ] as const) {
    const [read] = await readExports([await write(name, content)])
    assert.deepEqual(read!.rows, [{ trackName: secret }, 2, null], name)
  }
})

test('several files are read in their order', async (t) => {
  const write = await folder(t)
  const files = [await write('a.json', '[1]'), await write('b.json', '[]'), await write('c.json', '[2,3]')]
  assert.deepEqual(
    (await readExports(files)).map(({ rows }) => rows),
    [[1], [], [2, 3]],
  )
})

test('the same content given twice would count twice: refused, both files named', async (t) => {
  const write = await folder(t)
  const first = await write('a.json', json)
  const second = await write('copy.json.gz', gzipSync(json))
  await assert.rejects(readExports([first, second]), (error: Error) => {
    assert.ok(error.message.includes(first) && error.message.includes(second))
    return true
  })
})

test('a damaged file is named', async (t) => {
  assert.match(await refusal(t, 'cut.json.gz', gzipSync(json.repeat(100)).subarray(0, 60)), /damaged/)
  assert.match(await refusal(t, 'cut.json', json.slice(0, -4)), /not JSON/)
  assert.match(await refusal(t, 'latin1.json', Buffer.from('["Beyonc\xe9"]', 'latin1')), /UTF-8/)
  assert.match(await refusal(t, 'utf16.json', Buffer.from(`\uFEFF${json}`, 'utf16le')), /UTF-8/)
  assert.match(await refusal(t, 'empty.json', ''), /not JSON/)
})

test('JSON that is no list is named', async (t) => {
  assert.match(await refusal(t, 'object.json', `{"plays":${json}}`), /list/)
  assert.match(await refusal(t, 'deep.json', '['.repeat(100_000)), /not JSON/)
})

test('a file that is too large is refused, a small one that unpacks to it as well', async (t) => {
  const write = await folder(t)
  const large = JSON.stringify(['x'.repeat(2 * 1024 * 1024)])
  for (const [name, content] of [
    ['large.json', large],
    ['bomb.json.gz', gzipSync(large)],
  ] as const) {
    const file = await write(name, content)
    await assert.rejects(readExports([file], 1024 * 1024), (error) => {
      return (
        error instanceof ImportError &&
        /larger than 1 MiB/.test(error.message) &&
        error.message.includes(file)
      )
    })
    assert.equal((await readExports([file])).length, 1)
  }
})

test('a file that is not there is named', async () => {
  await assert.rejects(readExports(['/nowhere/StreamingHistory0.json']), (error) => {
    return error instanceof ImportError && error.message.includes('/nowhere/StreamingHistory0.json')
  })
})
