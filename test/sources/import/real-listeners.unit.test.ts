import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { readExports } from '../../../sources/import/export-file.ts'
import { playsOf } from '../../../sources/import/plays.ts'
import { parseSpotifyExports } from '../../../sources/import/spotify.ts'

const folder = join(import.meta.dirname, '../../../../shared/data/plays')
const skip = existsSync(folder) ? false : `skipped: no real listening histories in ${folder}`
const files = skip === false ? readdirSync(folder).map((file) => join(folder, file)) : []

for (const listener of ['u033', 'u038', 'u065', 'u072']) {
  test(`the export of listener ${listener} becomes a play a row`, { skip }, async () => {
    const exports = files.filter((file) => file.includes(`${listener}_`)).sort()
    const rows = exports.flatMap(
      (file) => JSON.parse(gunzipSync(readFileSync(file)).toString()) as Record<string, unknown>[],
    )
    const parsed = parseSpotifyExports(await readExports(exports), Date.UTC(2026, 0, 1))
    const plays = playsOf(parsed.rows, { pseudonymKey: Buffer.alloc(32, 1), userId: listener, importId: 'i' })

    assert.ok(rows.length > 8_000)
    assert.deepEqual(parsed.skipped, {})
    assert.equal(plays.length, rows.length)
    assert.equal(new Set(plays.map(({ eventId }) => eventId)).size, rows.length)
    assert.equal(
      sum(plays.map(({ msPlayed }) => msPlayed)),
      sum(rows.map(({ msPlayed }) => msPlayed as number)),
    )
  })
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)
