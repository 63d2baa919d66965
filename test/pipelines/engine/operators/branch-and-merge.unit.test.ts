import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Observable, concat, filter, map, merge as mergeOfRxJS, mergeWith, of, withLatestFrom } from 'rxjs'
import {
  type Row,
  branch,
  keyBy,
  merge,
  only,
  route,
  topology,
  write,
} from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { play } from '../../../kit/builders.ts'

const { playsClean, playsByArtist, duplicatePlays } = topics

const bySkip = branch(
  { short: ({ msPlayed }: CleanPlay) => msPlayed < 30, medium: ({ msPlayed }: CleanPlay) => msPlayed < 60 },
  'long',
)
const lengths = [10, 40, 90, 29, 30, 60]

async function drivenWith(define: Parameters<typeof topology>[1]) {
  const kafka = drive(topology('t', define))
  for (const msPlayed of lengths) await kafka.send(playsClean, play({ msPlayed }))
  return (topic: typeof playsClean | typeof playsByArtist) =>
    kafka.written<CleanPlay>(topic).map(({ value }) => value.msPlayed)
}

test('a row goes to the first output whose condition it meets, else to the other', async () => {
  const written = await drivenWith(({ read }) =>
    read(playsClean).pipe(
      bySkip,
      route({ short: playsByArtist, medium: duplicatePlays, long: playsByArtist }),
    ),
  )
  assert.deepEqual(written(duplicatePlays), [40, 30])
  assert.deepEqual(written(playsByArtist), [10, 90, 29, 60])
})

test('one stream ends in several places, and each of its rows is made once', async () => {
  let made = 0
  const written = await drivenWith(({ read }) => {
    const told = read(playsClean).pipe(
      map((row) => {
        made += 1
        return row
      }),
      bySkip,
    )
    told.pipe(only('short'), write(playsByArtist))
    told.pipe(only('long'), write(duplicatePlays))
  })
  assert.deepEqual(
    [written(playsByArtist), written(duplicatePlays)],
    [
      [10, 29],
      [90, 60],
    ],
  )
  assert.equal(made, lengths.length)
})

test('streams that were told apart come together again in their order', async () => {
  const written = await drivenWith(({ read }) => {
    const told = read(playsClean).pipe(bySkip)
    return merge(
      told.pipe(only('short')),
      told.pipe(only('long')).pipe(filter(({ value }) => value.msPlayed > 60)),
    ).pipe(write(playsByArtist))
  })
  assert.deepEqual(written(playsByArtist), [10, 90, 29])
})

test('ends may be returned as one observable of RxJS, or not at all', async () => {
  const written = await drivenWith(({ read }) =>
    mergeOfRxJS(read(playsClean).pipe(write(playsByArtist)), read(playsClean).pipe(write(duplicatePlays))),
  )
  assert.deepEqual([written(playsByArtist), written(duplicatePlays)], [lengths, lengths])
})

test('rows of a foreign stream are refused while the topology is built: nobody could tell where they come from', () => {
  const foreign = { concat: 0, own: 1 }
  for (const [name] of Object.entries(foreign))
    assert.throws(
      () =>
        drive(
          topology('foreign', ({ read }) => {
            const rows = read(playsClean)
            const made = name === 'concat' ? concat(of(), rows) : new Observable<never>()
            return made.pipe(write(playsByArtist))
          }),
        ),
      /TopologyError: write\(\) is given rows of which it cannot tell where they come from: .* merge\(\) of the engine/,
    )
})

test('a second stream that comes in through an operator of RxJS is refused at start: no time, no order would go by it', () => {
  type Plays = Observable<Row<CleanPlay, 'user'>>
  const behindOurBack: Record<string, (rows: Plays, others: Plays) => Plays> = {
    mergeWith: (rows, others) => rows.pipe(mergeWith(others)),
    withLatestFrom: (rows, others) =>
      rows.pipe(
        withLatestFrom(others),
        map(([row]) => row),
      ),
    'behind an operator': (rows, others) => rows.pipe(mergeWith(others.pipe(bySkip, only('long')))),
  }
  for (const [name, bring] of Object.entries(behindOurBack))
    assert.throws(
      () =>
        drive(
          topology('foreign', ({ read }) =>
            bring(read(playsClean), read(duplicatePlays)).pipe(write(playsByArtist)),
          ),
        ),
      /TopologyError: rows of \w+\(.*\) come in by an operator of RxJS .* merge\(\) of the engine/,
      name,
    )
})

test('one topic read in two ways is refused: its rows have one time', () => {
  assert.throws(
    () =>
      drive(
        topology('two-ways', ({ read }) => {
          read(playsClean, { time: ({ playedAt }) => playedAt }).pipe(write(playsByArtist))
          read(playsClean, { time: ({ receivedAt }) => receivedAt }).pipe(write(duplicatePlays))
        }),
      ),
    /plays-clean is read in two ways/,
  )
})

test('rows of a repartition topic without their time are dead letters: somebody else has written them', async () => {
  const kafka = drive(
    topology('t', ({ read }) =>
      read(playsClean).pipe(
        keyBy(({ artistId }) => artistId, { through: playsByArtist }),
        write(duplicatePlays),
      ),
    ),
  )
  await kafka.send(playsByArtist, play())
  await kafka.send(playsByArtist, play(), { headers: { 'continuo-time': 'noon' } })
  assert.deepEqual(
    kafka.written(topics.deadLetters).map(({ value }) => [value.kind, value.reason]),
    [
      ['validate', 'no_usable_time'],
      ['validate', 'no_usable_time'],
    ],
  )
})
