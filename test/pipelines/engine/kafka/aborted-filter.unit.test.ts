import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type AbortedTransaction,
  type DecodedMessage,
  abortedMessages,
} from '../../../../pipelines/engine/kafka/aborted-filter.ts'

type Action = { producer: string; does: 'write' | 'abort' | 'commit' } | { producer: 'plain'; does: 'write' }

/**
 * A partition's log after some producers did what they did, as a fetch from `from` on brings it: messages, and the
 * aborted transactions that the broker names with them.
 */
function logOf(actions: Action[], from: number) {
  const messages: (DecodedMessage & { aborted: boolean })[] = []
  const open = new Map<string, number[]>()
  const aborted: (AbortedTransaction & { last: number })[] = []

  for (const { producer, does } of actions) {
    const offset = messages.length
    if (does === 'write') {
      messages.push(message(offset, producer))
      if (producer !== 'plain') open.set(producer, [...(open.get(producer) ?? []), offset])
      continue
    }
    const written = open.get(producer) ?? []
    if (written.length === 0) continue
    messages.push(marker(offset, producer, does === 'abort' ? 0 : 1))
    open.delete(producer)
    if (does === 'commit') continue
    for (const each of written) messages[each]!.aborted = true
    aborted.push({ producerId: producer, firstOffset: String(written[0]), last: offset })
  }
  // Read committed: a fetch ends before the first transaction that is still open.
  const end = Math.min(messages.length, ...[...open.values()].map(([first = Infinity]) => first))
  return {
    messages: messages.slice(from, end),
    aborted: aborted.filter(({ last, firstOffset }) => last >= from && Number(firstOffset) < end),
  }
}

function message(offset: number, producerId: string) {
  const batchContext = { producerId, inTransaction: producerId !== 'plain' }
  return {
    offset: String(offset),
    key: Buffer.from('k'),
    isControlRecord: false,
    batchContext,
    aborted: false,
  }
}

function marker(offset: number, producerId: string, type: 0 | 1) {
  return { ...message(offset, producerId), isControlRecord: true, key: Buffer.from([0, 0, 0, type]) }
}

const filtered = ({ messages, aborted }: ReturnType<typeof logOf>) =>
  abortedMessages(messages, aborted).map(({ offset }) => offset)

const marked = ({ messages }: ReturnType<typeof logOf>) =>
  messages.filter((each) => each.aborted).map(({ offset }) => offset)

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ producer: fc.constantFrom('1', '2', '3'), does: fc.constant('write' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ producer: fc.constantFrom('1', '2', '3'), does: fc.constant('abort' as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ producer: fc.constantFrom('1', '2', '3'), does: fc.constant('commit' as const) }),
  },
  { weight: 1, arbitrary: fc.constant({ producer: 'plain', does: 'write' } as const) },
)

test('of any log, from any offset on, just the messages of aborted transactions are found', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.nat(10), (actions, from) => {
      const log = logOf(actions, from)
      assert.deepEqual(filtered(log), marked(log))
    }),
    { numRuns: 1_000 },
  )
})

/*
 *   offset      0   1   2   3    4   5    6    7     8   9    10    11
 *   producer 1  a                    -                   c
 *   producer 2      a                     -                   +
 *   producer 3          a                      -
 *   plain                   p
 *   (lower case writes, - aborts, + commits)
 */
test('three aborted transactions that overlap hide all their rows, and none of the others', () => {
  const log = logOf(
    [
      { producer: '1', does: 'write' },
      { producer: '2', does: 'write' },
      { producer: '3', does: 'write' },
      { producer: 'plain', does: 'write' },
      { producer: '1', does: 'abort' },
      { producer: '2', does: 'write' },
      { producer: '3', does: 'write' },
      { producer: '2', does: 'abort' },
      { producer: '3', does: 'abort' },
      { producer: '1', does: 'write' },
      { producer: '1', does: 'commit' },
    ],
    0,
  )
  assert.deepEqual(filtered(log), ['0', '1', '2', '5', '6'])
})

test('the order in which the broker names transactions means nothing, and offsets compare as numbers', () => {
  const messages = [message(9, '1'), message(10, '2'), marker(11, '1', 0), marker(12, '2', 0)]
  const aborted = [
    { producerId: '2', firstOffset: '10' },
    { producerId: '1', firstOffset: '9' },
  ]
  assert.deepEqual(
    abortedMessages(messages, aborted).map(({ offset }) => offset),
    ['9', '10'],
  )
})

test('without aborted transactions nothing is hidden', () => {
  assert.deepEqual(abortedMessages([message(0, '1'), marker(1, '1', 1)], []), [])
})
