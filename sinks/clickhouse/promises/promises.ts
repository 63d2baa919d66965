import { type Check, type Verdict, bad, check, ok, unknown, warn } from '../../finding.ts'
import type { SeenClickhouse, SeenTable } from './look.ts'

type ClickhouseCheck = Check<SeenClickhouse>

/** A table should know at least so many of its last inserts again: some minutes of them, for a sender that is held up. */
const FEW_BLOCKS = 1_000
/** What the migrations give each table. */
const BLOCKS = 10_000
/** The most rows that the sink sends at once, unless it is told otherwise. */
export const MOST_ROWS = 50_000

const deduplicated: ClickhouseCheck = check('deduplication', ({ settings }) => {
  // Since 26 the newer setting counts, unless it leaves it to the older one.
  const newer = settings.get('deduplicate_insert') ?? 'backward_compatible_choice'
  const on =
    newer === 'enable' || (newer === 'backward_compatible_choice' && isOn(settings, 'insert_deduplicate'))
  if (on) return ok('a repeated insert is taken once')
  const setting = newer === 'disable' ? 'deduplicate_insert = disable' : 'insert_deduplicate = 0'
  return bad(`${setting}: a repeated insert counts twice`, unset(setting))
})

const synchronous: ClickhouseCheck = check('asynchronous inserts', ({ settings }) => {
  if (!isOn(settings, 'async_insert')) return ok('off for the sink')
  const found = 'async_insert = 1: the server cuts blocks of its own, and views count a repeated insert twice'
  return bad(found, unset('async_insert = 1'))
})

const unset = (setting: string) =>
  `take ${setting} out of CLICKHOUSE_URL (clickhouse_setting_…), or let the profile of its user change it`

const engines: ClickhouseCheck = check('table engines', ({ tables }) => {
  const others = tables.filter(({ window }) => window === undefined)
  if (others.length === 0) return ok(`MergeTree in ${count(tables, 'table')}`)
  const found = `${others.map((table) => `${table.name} is ${table.engine}`).join(', ')}, which takes a repeated insert twice`
  return bad(found, 'make it a MergeTree, as `continuo migrate` does')
})

const window: ClickhouseCheck = check('deduplication window', ({ tables }) => {
  const kept = tables.flatMap(({ window }) => window?.blocks ?? [])
  const none = tables.filter((table) => table.window?.blocks === 0)
  if (none.length > 0) {
    const found = `${listOf(none)}: ${none[0]!.window!.setting} = 0, so a repeated insert counts twice`
    return bad(found, widened(none))
  }
  const few = tables.filter((table) => (table.window?.blocks ?? FEW_BLOCKS) < FEW_BLOCKS)
  if (few.length > 0) {
    const found = `${listOf(few)}: only the last ${few[0]!.window!.blocks} inserts are known again, which a sender that is held up may outlast`
    return warn(found, widened(few))
  }
  const found = kept.length === 0 ? 'no table' : `the last ${Math.min(...kept)} inserts of each table`
  return ok(found)
})

const widened = (tables: readonly SeenTable[]) =>
  tables
    .map(({ name, window }) => `ALTER TABLE ${name} MODIFY SETTING ${window!.setting} = ${BLOCKS}`)
    .join('\n')

const dependentViews: ClickhouseCheck = check('dependent views', ({ views, settings }) => {
  const setting = 'deduplicate_blocks_in_dependent_materialized_views'
  if (views.length === 0) return ok('none')
  if (!isOn(settings, setting))
    return bad(
      `${setting} = 0: ${views.map((view) => view.name).join(', ')} would count a repeated insert twice`,
      unset(`${setting} = 0`),
    )
  const doubling = views.flatMap(({ name, target }) => (target && doubles(target) ? [{ name, target }] : []))
  if (doubling.length > 0) return viewsThatDouble(doubling)
  const unseen = views.filter(({ target }) => target === undefined)
  if (unseen.length === 0) return ok(`${count(views, 'view')}, each with a window of its own`)
  const found = `where ${unseen.map((view) => view.name).join(', ')} writes to is not to be seen`
  const remedy =
    'grant the user of CLICKHOUSE_URL SHOW on it, or look whether that table has a deduplication window'
  return unknown(found, remedy)
})

/** Whether a row could be there twice; the engine Null keeps none. */
const doubles = ({ engine, window }: SeenTable) => engine !== 'Null' && (window?.blocks ?? 0) === 0

function viewsThatDouble(doubling: readonly { name: string; target: SeenTable }[]): Verdict {
  const found = doubling.map((view) => `${view.name} writes to ${view.target.name}, which has no window`)
  const targets = doubling.map(({ target }) => target)
  const remedies = [
    ...targets.filter(({ window }) => window !== undefined).map((target) => widened([target])),
    ...targets
      .filter(({ window }) => window === undefined)
      .map((target) => `make ${target.name} a MergeTree with a window: ${target.engine} has none`),
  ]
  return bad(`${found.join(', ')}: it would count a repeated insert twice`, [...new Set(remedies)].join('\n'))
}

const wholeBlocks: ClickhouseCheck = check('one insert, one block', ({ tables, settings }) => {
  const divided = tables.filter(({ partitionKey }) => partitionKey !== '')
  if (divided.length > 0) {
    const found = `${listOf(divided)} has partitions (${divided[0]!.partitionKey}): of an insert that is cut off a part may have landed`
    return bad(found, 'make the table without PARTITION BY, as `continuo migrate` does')
  }
  const most = Number(settings.get('max_insert_block_size') ?? MOST_ROWS)
  if (most >= MOST_ROWS) return ok(`up to ${MOST_ROWS} rows land whole`)
  const setting = `max_insert_block_size = ${most}`
  const found = `${setting}: of an insert that is cut off a part may have landed`
  return bad(found, unset(setting))
})

const isOn = (settings: SeenClickhouse['settings'], name: string) =>
  ['1', 'true'].includes(settings.get(name) ?? '')

const listOf = (tables: readonly SeenTable[]) => tables.map(({ name }) => name).join(', ')

const count = ({ length }: readonly unknown[], one: string) => `${length} ${one}${length === 1 ? '' : 's'}`

/** What has to be so for each row to be there once, whatever is killed. */
export const promises: readonly ClickhouseCheck[] = [
  engines,
  deduplicated,
  window,
  synchronous,
  dependentViews,
  wholeBlocks,
]

const tablesThere: ClickhouseCheck = check('tables', ({ tables, missing }) => {
  if (missing.length === 0) return ok(`all ${tables.length} are there`)
  return bad(`missing: ${missing.join(', ')}`, '`continuo migrate`')
})

/** Since then views are given what their source has had before, too, and deduplicate by themselves (ClickHouse#61601). */
const FIRST_OF_VIEWS = [24, 7] as const
const TRIED_WITH = '26.7'

const version: ClickhouseCheck = check('version', ({ version }) => {
  const [year = 0, month = 0] = version.split('.').map(Number)
  const [firstYear, firstMonth] = FIRST_OF_VIEWS
  if (year > firstYear || (year === firstYear && month >= firstMonth)) return ok(version)
  const found = `${version}, in which views take a repeated insert in another way`
  return warn(found, `${FIRST_OF_VIEWS.join('.')} or newer; tried is ${TRIED_WITH}`)
})

/** All that is looked at. */
export const clickhouseChecks: readonly ClickhouseCheck[] = [version, tablesThere, ...promises]
