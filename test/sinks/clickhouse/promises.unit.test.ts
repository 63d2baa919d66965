import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClickHouseError } from '@clickhouse/client'
import { naming } from '../../../sinks/clickhouse/insert.ts'
import { type SeenClickhouse, windowOf } from '../../../sinks/clickhouse/promises/look.ts'
import { clickhouseChecks } from '../../../sinks/clickhouse/promises/promises.ts'

const window = { setting: 'non_replicated_deduplication_window', blocks: 10_000 }
const plays = { name: 'continuo.plays', engine: 'MergeTree', partitionKey: '', window }
const fine: SeenClickhouse = {
  version: '26.7.2.1',
  settings: new Map([
    ['insert_deduplicate', '1'],
    ['async_insert', '0'],
    ['deduplicate_blocks_in_dependent_materialized_views', '1'],
  ]),
  tables: [plays],
  missing: [],
  views: [],
}

const notOk = (seen: Partial<SeenClickhouse>) =>
  clickhouseChecks.map((check) => check({ ...fine, ...seen })).filter(({ state }) => state !== 'ok')

const withSettings = (settings: Record<string, string>) => ({
  settings: new Map([...fine.settings, ...Object.entries(settings)]),
})

const stateOf = (seen: Partial<SeenClickhouse>) => notOk(seen).map(({ name, state }) => `${name}: ${state}`)

test('servers without the newer setting of deduplication go by the older one, and so do those that leave it to that', () => {
  assert.deepEqual(stateOf({}), [])
  assert.deepEqual(stateOf(withSettings({ insert_deduplicate: '0' })), ['deduplication: bad'])
  const leaves = { deduplicate_insert: 'backward_compatible_choice' }
  assert.deepEqual(stateOf(withSettings(leaves)), [])
  assert.deepEqual(stateOf(withSettings({ ...leaves, insert_deduplicate: '0' })), ['deduplication: bad'])
  assert.deepEqual(stateOf(withSettings({ deduplicate_insert: 'enable', insert_deduplicate: '0' })), [])
})

test('views that are not given what they need to know a repeated insert, and those that cannot be seen', () => {
  const views = [{ name: 'continuo.per_day', target: { ...plays, name: 'continuo.days' } }]
  const off = withSettings({ deduplicate_blocks_in_dependent_materialized_views: '0' })
  assert.deepEqual(stateOf({ views }), [])
  assert.deepEqual(stateOf({ views, ...off }), ['dependent views: bad'])
  assert.deepEqual(stateOf(off), [], 'without a view it does not matter')
  assert.deepEqual(stateOf({ views: [{ name: 'elsewhere.secret', target: undefined }] }), [
    'dependent views: unknown',
  ])
})

test('a version in which views do otherwise is told, an older or a newer year included', () => {
  assert.deepEqual(stateOf({ version: '24.6.9.1' }), ['version: warn'])
  assert.deepEqual(stateOf({ version: '23.12.1.1' }), ['version: warn'])
  assert.deepEqual(stateOf({ version: '24.7.1.1' }), [])
  assert.deepEqual(stateOf({ version: '25.1.1.1' }), [])
})

test('the window of a table is its own, or that of its server for its kind', () => {
  const server = new Map([
    ['non_replicated_deduplication_window', 3],
    ['replicated_deduplication_window', 4],
  ])
  const blocks = (engine: string, full: string) => windowOf(engine, full, server)?.blocks
  assert.equal(blocks('MergeTree', 'MergeTree ORDER BY x SETTINGS index_granularity = 8192'), 3)
  assert.equal(
    blocks(
      'MergeTree',
      'MergeTree ORDER BY x SETTINGS replicated_deduplication_window = 9, non_replicated_deduplication_window = 8',
    ),
    8,
  )
  const replicated = "ReplicatedMergeTree('/p', 'r') ORDER BY x"
  assert.equal(blocks('ReplicatedMergeTree', replicated), 4)
  assert.equal(
    blocks(
      'ReplicatedMergeTree',
      `${replicated} SETTINGS replicated_deduplication_window_seconds = 60, non_replicated_deduplication_window = 8, replicated_deduplication_window = 0`,
    ),
    0,
  )
  assert.equal(blocks('SharedMergeTree', 'SharedMergeTree ORDER BY x'), 4)
  assert.equal(windowOf('Distributed', "Distributed('c', 'd', 't')", server), undefined)
})

test('a profile that forbids what the sink asks for is not waited for', async () => {
  const refused = new ClickHouseError({
    message: 'Setting async_insert should not be changed',
    code: '452',
    type: 'SETTING_CONSTRAINT_VIOLATION',
  })
  await assert.rejects(
    naming('plays', () => Promise.reject(refused)),
    { name: 'TableError', message: /async_insert should not be changed – let the profile of the user/ },
  )
})
