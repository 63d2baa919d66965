import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { filter } from 'rxjs'
import { shapeOf } from '../../../cli/shapes.ts'
import {
  branch,
  deduplicate,
  describe,
  describeAsMermaid,
  describeAsText,
  hours,
  joinGlobal,
  keyBy,
  mapAsync,
  merge,
  ok,
  only,
  route,
  step,
  summaryOf,
  topology,
  write,
} from '../../../pipelines/engine/index.ts'
import type { CleanPlay } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'

const expected = (file: string) => readFileSync(join(import.meta.dirname, 'describe.golden', file), 'utf8')

for (const name of ['listening-totals', 'anonymise', 'recommendations'])
  test(`${name} is drawn for the terminal and as Mermaid`, () => {
    const description = describe(shapeOf(name))
    assert.equal(describeAsText(description), expected(`${name}.txt`))
    assert.equal(describeAsMermaid(description), expected(`${name}.mmd`))
  })

test('a keyBy leads through its topic into another sub-topology', () => {
  const { subTopologies, inputs, repartitioned, outputs, stores } = describe(shapeOf('listening-totals'))
  assert.deepEqual(
    subTopologies.map(({ operators }) => operators.map(({ kind }) => kind)),
    [
      ['read', 'keyBy'],
      ['read', 'foldWindow', 'route'],
    ],
  )
  assert.deepEqual(
    [inputs, repartitioned, outputs],
    [['plays-clean'], ['plays-by-artist'], ['artist-totals-live', 'artist-totals', 'late-plays']],
  )
  assert.deepEqual(
    stores.map(({ changelog }) => changelog),
    ['listening-totals-fold-window-1-changelog', 'listening-totals-stream-time-changelog'],
  )
})

test('what is merged is one sub-topology, drawn once, below the last of its inputs', () => {
  const merged = topology('merged', ({ read }) => {
    const long = read(topics.playsClean).pipe(
      branch({ long: (play) => play.msPlayed > 30_000 }, 'short'),
      only('long'),
    )
    return merge(long, read(topics.duplicatePlays)).pipe(write(topics.playsByArtist))
  })
  assert.equal(
    describeAsText(describe(merged)),
    `merged: plays-clean, duplicate-plays ──▶ plays-by-artist

Sub-topology 1

  ● read(plays-clean)                         clean-play.v2, by user
  │
  ● branch(long, short)
  │
  ● only(long)
  ╰───▶ merge(long, duplicate-plays), below

  ● read(duplicate-plays)                     clean-play.v2, by user
  │
  ● merge(long, duplicate-plays)              takes only(long), read(duplicate-plays)
  │
  ● write
  ╰───▶ plays-by-artist                       clean-play.v2, by artist

What cannot be read, has no usable time or is set aside by a step goes to dead-letters.
`,
  )
})

test('rows that go several ways are drawn side by side, and may come together again', () => {
  const forked = topology('forked', ({ read }) => {
    const plays = read(topics.playsClean).pipe(filter(({ value }) => value.msPlayed > 0))
    const told = plays.pipe(branch({ long: (play) => play.msPlayed > 30_000 }, 'short'))
    merge(told.pipe(only('long')), told.pipe(only('short')), plays).pipe(write(topics.duplicatePlays))
    return told.pipe(route({ long: topics.playsByArtist, short: topics.playsByArtist }))
  })
  const drawn = describeAsText(describe(forked)).split('\n').slice(4, 15)
  assert.deepEqual(
    drawn.map((line) => line.replace(/ {3,}(clean-play|takes).*/, '')),
    [
      '  ● read(plays-clean)',
      '  ├─● branch(long, short)',
      '  │ ├─● only(long)',
      '  │ │ ╰───▶ merge(long, short, plays-clean), below',
      '  │ ├─● only(short)',
      '  │ │ ╰───▶ merge(long, short, plays-clean), below',
      '  │ ╰─● route',
      '  │   ├─ long ───▶ plays-by-artist',
      '  │   ╰─ short ──▶ plays-by-artist',
      '  ╰─● merge(long, short, plays-clean)',
      '    │',
    ],
  )
})

test('an end that goes on is drawn on', () => {
  const odd = topology('odd', ({ read }) =>
    read(topics.playsClean).pipe(
      keyBy((play) => play.artistId, { through: topics.playsByArtist }),
      write(topics.duplicatePlays),
      deduplicate({ id: (play) => play.eventId, rememberMs: hours(1) }),
      only('duplicate'),
      write(topics.playsByArtist),
    ),
  )
  const description = describe(odd)
  assert.equal(summaryOf(description), 'odd: plays-clean ──▶ duplicate-plays')
  const text = describeAsText(description)
  assert.match(
    text,
    /● write\n {2}├───▶ duplicate-plays {3,}clean-play.v2, by user\n {2}╰─● deduplicate {3,}keeps deduplicate-1\n {4}│\n/,
  )
  assert.match(text, /odd-deduplicate-1-changelog {3}compacted, kept for 1 h\n/)
})

test('what is behind mapAsync is drawn in a sub-topology of its own, and before it where it is', () => {
  const asking = topology('asking', ({ read }) =>
    read(topics.playsClean).pipe(
      mapAsync(
        function title(play) {
          return Promise.resolve(ok(play))
        },
        { concurrency: 2 },
      ),
      write(topics.duplicatePlays),
    ),
  )
  assert.equal(
    describeAsText(describe(asking)),
    `asking: plays-clean ──▶ duplicate-plays

Sub-topology 1

  ● read(plays-clean)                        clean-play.v2, by user
  ╰───▶ mapAsync(title), in sub-topology 2

Sub-topology 2

  ● mapAsync(title)
  │
  ● write
  ╰───▶ duplicate-plays                      clean-play.v2, by user

What cannot be read, has no usable time or is set aside by a step goes to dead-letters.
`,
  )
})

test('a join with a global table says where it looks up', () => {
  const naming = topology('naming', ({ read, readGlobalTable }) =>
    read(topics.playsClean).pipe(
      joinGlobal(readGlobalTable(topics.artistTotals), {
        key: (play) => play.artistId,
        join: (play) => play,
      }),
      write(topics.duplicatePlays),
    ),
  )
  const description = describe(naming)
  assert.match(
    describeAsText(description),
    /● joinGlobal\(artist-totals\) {3,}looks up in artist-totals, whole in every process: artist-total\.v2, by artist\n/,
  )
  assert.match(
    describeAsMermaid(description),
    /(topic\d)\(\["artist-totals<br>artist-total\.v2, by artist"\]\)\n[^]* \1 -->\|"global table"\| op2\n/,
  )
})

test('what means something to Mermaid or HTML is written as an entity', () => {
  const { ['<b>"#1"&`']: odd } = { '<b>"#1"&`': (play: CleanPlay) => ok(play) }
  const named = topology('named', ({ read }) =>
    read(topics.playsClean).pipe(step(odd), write(topics.playsByArtist)),
  )
  assert.ok(describeAsMermaid(describe(named)).includes('["step(#60;b#62;#34;#35;1#34;#38;#96;)"]'))
})
