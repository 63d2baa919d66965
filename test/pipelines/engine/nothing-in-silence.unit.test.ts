import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY, NEVER, type Observable, catchError, retry } from 'rxjs'
import { type Row, ok, step, topology, write } from '../../../pipelines/engine/index.ts'
import { drive } from '../../../pipelines/engine/testing/drive.ts'
import { type Note, tableTopics } from './operators/table-topics.ts'

const { asks, results } = tableTopics

const note = (text: string, at = 0): Note => ({ text, at })

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
