import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { requireDiskSpace } from '../../stack/disk.ts'

test('a folder with room is accepted', async () => {
  await requireDiskSpace(tmpdir(), 1)
})

test('a folder with too little room is refused with its name and the remedy', async () => {
  await assert.rejects(requireDiskSpace(tmpdir(), Number.MAX_SAFE_INTEGER), (error: Error) => {
    assert.ok(error.message.includes(`the disk of ${tmpdir()} is full`), error.message)
    assert.match(
      error.message,
      /MiB are free, .*: make room, or choose a folder on another disk \(--data-dir/,
    )
    return true
  })
})
