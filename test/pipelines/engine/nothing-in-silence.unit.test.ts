import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY, NEVER, type Observable, catchError, map, retry } from 'rxjs'
import {
  type Fold,
  type Row,
  avroState,
  foldWindow,
  keyBy,
  ok,
  route,
  step,
  topology,
  tumbling,
  write,
} from '../../../pipelines/engine/index.ts'
import { drive } from '../../../pipelines/engine/testing/drive.ts'
import { type Note, tableTopics } from './operators/table-topics.ts'

const { asks, lefts, rights, results } = tableTopics

const note = (text: string, at = 0): Note => ({ text, at })

const last: Fold<Note, string, Note> = {
  initial: () => '',
  add: (_, { text }) => text,
  result: (text) => note(text),
  codec: avroState('string'),
}

type Between = (rows: Observable<Row<Note, 'user'>>) => Observable<Row<Note, 'user'>>

/** Goes on with all notes but one, which is a bug; `between` sees the rows behind it. */
const failing = (between: Between) =>
  topology('failing', ({ read }) =>
    read(asks).pipe(
      step(function fails(value: Note) {
        if (value.text === 'bad') throw new Error('a bug')
        return ok(value)
      }),
      between,
      write(results),
    ),
  )

const hiding: Record<string, Between> = {
  'catchError to nothing': catchError(() => NEVER),
  'catchError to an end': catchError(() => EMPTY),
  'catchError to itself': catchError((_, again) => again),
  retry: retry(),
}
for (const [name, between] of Object.entries(hiding)) {
  test(`what an operator throws ends the process, and no ${name} of RxJS behind it can hide that`, async () => {
    const kafka = drive(failing(between))
    await kafka.send(asks, note('good'))

    await assert.rejects(kafka.send(asks, note('bad')), /a bug/)
    assert.equal(kafka.committed(asks), 1n)
    assert.equal(kafka.written(results).length, 1)
  })
}

for (const time of [NaN, Infinity, 1.5, 2 ** 53]) {
  test(`a row that map() of RxJS has given ${time} as its time is refused by the operator behind it, with the remedy`, async () => {
    const kafka = drive(
      topology('untimed', ({ read }) =>
        read(asks).pipe(
          map((row) => ({ ...row, time })),
          foldWindow({ windows: tumbling(10, { grace: 0 }), fold: last, late: (late) => late }),
          route({ open: results, closed: results, late: results }),
        ),
      ),
    )

    await assert.rejects(kafka.send(asks, note('a')), {
      name: 'TopologyError',
      message:
        'foldWindow(fold-window-1) is given a row without a time in whole ms since 1970, by an operator of RxJS before it: ' +
        'let map() keep the time, as in { ...row, value }, or set it to a whole number',
    })
  })
}

test('two keyBy() do not go through one topic, where each would get the rows of both', () => {
  const twice = topology('twice', ({ read }) => {
    const rows = read(asks)
    rows.pipe(
      keyBy(({ text }) => text, { through: lefts }),
      write(results),
    )
    rows.pipe(
      keyBy(({ at }) => String(at), { through: lefts }),
      write(rights),
    )
  })

  assert.throws(() => drive(twice), {
    name: 'TopologyError',
    message:
      'twice writes to lefts twice and reads it by keyBy(), which would get the rows of both: give each keyBy() a topic of its ' +
      'own to go through, or bring the streams together before it with merge()',
  })
})
