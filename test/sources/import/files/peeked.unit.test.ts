import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { FileError } from '../../../../sources/import/errors.ts'
import { unpacked } from '../../../../sources/import/files/unpacked.ts'
import { csv, lastfm, spotify } from '../../../../sources/import/index.ts'

const mapping = { ended_at: 'when', artist: 'who', track: 'what' }

for (const [what, format] of [
  ['a table', csv({ mapping })],
  ['scrobbles', lastfm],
  ['JSON', spotify],
] as const)
  test(`a file that is refused as ${what} is closed, however much of it has not been read`, async () => {
    const file = Readable.from(Array.from({ length: 10 }, () => Buffer.from('a,b,c\n'.repeat(2_000))))
    const read = async () => {
      for await (const records of format.read(
        unpacked(file, () => undefined),
        0,
      ))
        assert.ok(records)
    }
    await assert.rejects(read, FileError)
    assert.equal(file.destroyed, true)
  })
