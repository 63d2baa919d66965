import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FileError } from '../../../../sources/import/errors.ts'
import { jsonRecords } from '../../../../sources/import/files/json-records.ts'
import { Unreadable } from '../../../../sources/import/files/unreadable.ts'
import { inPieces } from '../read-text.ts'

interface Read {
  records: unknown[]
  error?: Error
}

/** Reasons stand in angle brackets. */
async function read(text: string | Buffer, { pieces = 1, maxBytes = 1_000 } = {}): Promise<Read> {
  const records: unknown[] = []
  try {
    for await (const some of jsonRecords(inPieces(Buffer.from(text), pieces), maxBytes))
      records.push(...some.map((each) => (each instanceof Unreadable ? `<${each.reason}>` : each)))
    return { records }
  } catch (error) {
    return { records, error: error as Error }
  }
}

test('the elements of any list, in pieces of any size', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), fc.nat(50), fc.nat(4), async (list, pieces, spaces) => {
      const text = JSON.stringify(list, null, spaces)
      const { records, error } = await read(text, { pieces: pieces + 1, maxBytes: 1e6 })
      assert.equal(error, undefined)
      assert.deepEqual(records, JSON.parse(text))
    }),
  )
})

test('values one behind the other: JSONL, with or without empty lines, and several lists', async () => {
  assert.deepEqual(await read('{"a":1}\n\r\n{"a":2}\n'), { records: [{ a: 1 }, { a: 2 }] })
  assert.deepEqual(await read('[{"a":1}]\n[{"a":2}]'), { records: [{ a: 1 }, { a: 2 }] })
})

for (const [what, text, records] of [
  ['a text that does not end', '[{"a":"b,\n{"a":2},{"a":3}]', ['<not_json>', { a: 2 }, { a: 3 }]],
  ['a word that is none', '[{"a":nul},{"a":2},]', ['<not_json>', { a: 2 }]],
  ['things that are no objects', '[1,"a, {b",null,tru,[2]]', [1, 'a, {b', null, '<not_json>', [2]]],
  ['a record that is too large', `[{"a":"${'x'.repeat(2_000)}"},{"a":2}]`, ['<record_too_large>', { a: 2 }]],
] as const)
  test(`${what} costs itself alone`, async () => {
    for (const pieces of [1, 7, 10_000]) {
      const { records: found } = await read(text, { pieces })
      assert.deepEqual(found, records, `in ${pieces} pieces`)
    }
  })

test('what is no UTF-8 costs itself alone', async () => {
  const text = Buffer.concat([Buffer.from('[{"a":"Beyonc'), Buffer.from([0xe9]), Buffer.from('"},{"a":2}]')])
  assert.deepEqual((await read(text)).records, ['<not_utf8>', { a: 2 }])
})

test('cut off anywhere: what is whole is read, and the file is said to end in the middle', async () => {
  const rows = Array.from({ length: 4 }, (_, each) => ({ each, text: 'a "b" \\ ]}' }))
  const text = JSON.stringify(rows)
  for (let length = 1; length < text.length; length++) {
    const { records, error } = await read(text.slice(0, length), { pieces: 3 })
    const whole = records.filter((record) => record !== '<cut_off>')
    assert.deepEqual(whole, rows.slice(0, whole.length))
    assert.ok(records.length - whole.length <= 1)
    assert.ok(error instanceof FileError && /ends in the middle/.test(error.message), `cut at ${length}`)
  }
})

test('a file that does not begin like JSON is none', async () => {
  for (const text of ['hello', '"a"', '\u0000\u0001', '%PDF-1.4 {}']) {
    const { records, error } = await read(text)
    assert.deepEqual(records, [])
    assert.match(error!.message, /no JSON/)
  }
  assert.deepEqual(await read('  \n'), { records: [] })
})

const listens = Array.from({ length: 9 }, (_, each) => ({
  at: each,
  track: { name: 'T', tags: ['{', each] },
}))
const without = (index: number, missing: RegExp) =>
  listens.map((listen, each) => JSON.stringify(listen).replace(each === index ? missing : /^$/, ''))

for (const [what, missing] of [
  ['a brace', /\}$/],
  ['both braces', /\}\}$/],
  ['a bracket', /\]/],
  ['its second half', /,"tags.*$/],
] as const)
  test(`a record without ${what} costs itself alone, wherever it stands and however it is laid out`, async () => {
    for (const between of [',', ',\n', ', \n\t']) {
      for (let index = 0; index < listens.length; index++) {
        const text = `[${without(index, missing).join(between)}]`
        for (const pieces of [1, 5, 10_000]) {
          const { records, error } = await read(text, { pieces })
          assert.deepEqual(records, listens.with(index, '<not_json>' as never), text)
          if (what !== 'a bracket') assert.equal(error, undefined, text)
        }
      }
    }
    for (let index = 0; index < listens.length - 1; index++) {
      const { records } = await read(without(index, missing).join('\n'), { pieces: 5 })
      assert.deepEqual(records, listens.with(index, '<not_json>' as never))
    }
  })

test('what is nested without end is no record, and takes no memory for its depth', async () => {
  const deep = `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`
  assert.deepEqual((await read(`[${deep},{"a":2}]`, { maxBytes: 1e6 })).records, ['<not_json>', { a: 2 }])
})
