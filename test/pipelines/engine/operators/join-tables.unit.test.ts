import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Table, joinTable, joinTables, topology, write } from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import {
  type Event,
  type Note,
  PARTITIONS,
  eventsFor,
  happen,
  line,
  noted,
  seenAt,
  sendings,
  tableTopics,
  written,
} from './table-topics.ts'

const { asks, lefts, rights, results, joined } = tableTopics

type Kind = 'inner' | 'left' | 'outer'
type Side = string | null
const kinds = ['inner', 'left', 'outer'] as const

/** `x` and `z` have no result of their own: a join may say so. */
const together = (left: Side, right: Side, key: string) =>
  left === 'x' && right === 'z' ? null : `${left ?? '∅'}${right ?? '∅'}${key}`

const textOf = (note: Note | null) => note?.text ?? null

const both = (kind: Kind, left: Table<Note, 'user'>, right: Table<Note, 'user'>) =>
  joinTables(left, right, { kind, join: (one, two, key) => together(textOf(one), textOf(two), key) })

/** The changes of the join, and what a stream finds when it looks into it. */
const joinedAs = (kind: Kind) =>
  topology(kind, ({ read, readTable }) => {
    const table = both(kind, readTable(lefts, noted), readTable(rights, noted))
    table.changes.pipe(seenAt(), write(results))
    return read(asks, noted).pipe(
      joinTable(table, { kind: 'left', join: (_, found) => found ?? 'nothing' }),
      seenAt(),
      write(joined),
    )
  })

/** Both sides of a place after some sendings, from the list of them all, and what there is to join. */
function resultAfter(kind: Kind, all: ReturnType<typeof sendings<string>>, place: string, key: string) {
  const last = (to: string) => all.findLast((each) => each.to === to && each.place === place)
  const [left, right] = [last('lefts')?.text ?? null, last('rights')?.text ?? null]
  const isThere = {
    inner: left !== null && right !== null,
    left: left !== null,
    outer: left !== null || right !== null,
  }[kind]
  return isThere ? together(left, right, key) : null
}

function expected(kind: Kind, events: Event<'asks' | 'lefts' | 'rights'>[]) {
  const all = sendings(events)
  const changes: string[] = []
  const found: string[] = []
  for (const [index, { to, place, key, at }] of all.entries()) {
    const until = all.slice(0, index)
    const before = resultAfter(kind, until, place, key)
    const after = resultAfter(kind, [...until, all[index]!], place, key)
    if (to === 'asks') {
      found.push(line(key, { text: after ?? 'nothing', at }))
      continue
    }
    const other = until.findLast((each) => each.to !== to && each.to !== 'asks' && each.place === place)
    const time = typeof other?.text === 'string' ? Math.max(at, other.at) : at
    if (after !== null) changes.push(line(key, { text: after, at: time }))
    else if (before !== null) changes.push(line(key, null))
  }
  return { changes, found }
}

for (const kind of kinds)
  test(`${kind}: each change gives the new result, and a result that is gone is deleted once`, async () => {
    const events = eventsFor(['asks', 'lefts', 'rights'], { tombstones: ['lefts', 'rights'] })
    await fc.assert(
      fc.asyncProperty(events, async (all) => {
        const kafka = drive(joinedAs(kind), { partitions: PARTITIONS })
        await happen(kafka, { asks, lefts, rights }, all)
        assert.deepEqual(
          { changes: written(kafka, results), found: written(kafka, joined) },
          expected(kind, all),
        )
      }),
      { numRuns: 1_000 },
    )
  })

/*
 *   lefts ────┬────────── joinTables ── results
 *             └ joinTables ──┘            one change of lefts comes by two ways
 *   rights ───────┘
 */
test('a table that is joined with a join of itself deletes once, and ends with what both sides have', async () => {
  const tombstoneKinds = fc.tuple(fc.constantFrom(...kinds), fc.constantFrom(...kinds))
  const one = eventsFor(['lefts', 'rights']).map((events) => onOnePartition(events))
  await fc.assert(
    fc.asyncProperty(tombstoneKinds, one, async ([inside, outside], events) => {
      const diamond = topology('diamond', ({ readTable }) => {
        const left = readTable(lefts)
        const inner = joinTables(left, readTable(rights), {
          kind: inside,
          join: (x, y) => `${textOf(x) ?? '∅'}${textOf(y) ?? '∅'}`,
        })
        return joinTables(left, inner, {
          kind: outside,
          join: (x, y) => `${textOf(x) ?? '∅'}(${y ?? '∅'})`,
        }).changes.pipe(seenAt(), write(results))
      })
      const kafka = drive(diamond)
      await happen(kafka, { lefts, rights }, events)
      const changes = kafka.changes(results)
      assertDeletesOnce(changes)
      for (const key of new Set(sendings(events).map((each) => each.key))) {
        const last = changes.findLast((each) => each.key === key)?.value?.text ?? null
        assert.equal(last, diamondAfter(inside, outside, events, key))
      }
    }),
    { numRuns: 1_000 },
  )
})

const onOnePartition = <Name extends string>(events: Event<Name>[]) =>
  events.map((event) => (event.kind === 'crash' ? event : { ...event, partition: 0 }))

function assertDeletesOnce(changes: { key: string; value: Note | null }[]): void {
  const there = new Set<string>()
  for (const { key, value } of changes) {
    if (value !== null) there.add(key)
    else assert.ok(there.delete(key), `${key} is deleted where there is nothing`)
  }
}

function diamondAfter(inside: Kind, outside: Kind, events: Event<string>[], key: string): string | null {
  const last = (to: string) =>
    sendings(events).findLast((each) => each.to === to && each.key === key)?.text ?? null
  const [left, right] = [last('lefts'), last('rights')]
  const has = (kind: Kind, one: Side, two: Side) =>
    (one !== null || kind === 'outer') && (two !== null || kind !== 'inner') && (one ?? two) !== null
  const inner = has(inside, left, right) ? `${left ?? '∅'}${right ?? '∅'}` : null
  return has(outside, left, inner) ? `${left ?? '∅'}(${inner ?? '∅'})` : null
}
