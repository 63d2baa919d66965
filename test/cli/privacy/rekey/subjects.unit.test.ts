import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Admin } from 'kafkajs'
import { storesByListener } from '../../../../cli/privacy/rekey/listener-stores.ts'
import { renameOf, subjectsIn } from '../../../../cli/privacy/rekey/subjects.ts'
import { shapeOf, topologyNames } from '../../../../cli/shapes.ts'
import { describe } from '../../../../pipelines/engine/index.ts'
import { pseudonyms } from '../../../../schemas/pseudonym.ts'

const names = pseudonyms([Buffer.alloc(32, 2)])
const subjects = (all: string[], prefix = '') =>
  subjectsIn({ listTopics: () => Promise.resolve(all) } as unknown as Admin, prefix)

test('of each store that there is it is said whether it lies under listeners', () => {
  const stores = Object.fromEntries(
    topologyNames.map((name) => [
      name,
      describe(shapeOf(name))
        .stores.map((store) => store.name)
        .sort(),
    ]),
  )
  const said = Object.fromEntries(
    Object.entries(storesByListener).map(([name, each]) => [name, Object.keys(each).sort()]),
  )
  assert.deepEqual(said, stores)
})

test('topics with pseudonyms are those of each version, state under listeners, and replays behind the door', async () => {
  const mine = {
    'p.plays-clean': 'rename',
    'p.plays-by-artist': 'empty',
    'p.plays-by-artist.v2': 'empty',
    'p.recommendations.v3': 'rename',
    'p.recommendations-fold-tastes-changelog': 'rename',
    'p.recommendations.v3-fold-window-1-changelog': 'rename',
    'p.clickhouse-sink-replay': 'empty',
    'p.clickhouse-sink.listening-totals.v2-replay': 'empty',
  }
  const others = [
    'plays-clean',
    'q.plays-clean',
    'p.plays',
    'p.artist-totals',
    'p.anonymise-replay',
    'p.anonymise-deduplicate-1-changelog',
    'p.recommendations-stream-time-changelog',
    'p.listening-totals-fold-window-1-changelog',
    'p.x.recommendations-fold-tastes-changelog',
  ]
  const found = await subjects([...Object.keys(mine), ...others], 'p.')
  assert.deepEqual(Object.fromEntries(found.map(({ name, how }) => [name, how])), mine)
})

test('entries of state go under the new name, what is of all listeners stays', async () => {
  const [state] = await subjects(['recommendations-fold-window-1-changelog'])
  const rename = renameOf(state!, { names } as Parameters<typeof renameOf>[1])
  const renamed = (key: string) => {
    const record = { key: Buffer.from(key), value: null, partition: 0, offset: 0n, timestamp: 0 }
    return rename({ ...record, topic: state!.name, headers: {} })?.key
  }
  const now = names.listener('ada')
  for (const head of ['0/', '12/', '0/1767225600000:', '0/-5:', '3/partly-late 1767225600000:'])
    assert.equal(renamed(`${head}ada`), head + now)
  for (const key of ['0/stream-time', '0/cut into tumbling windows, sizeMs 1000, advanceMs 1000, graceMs 0'])
    assert.equal(renamed(key), key)
})
