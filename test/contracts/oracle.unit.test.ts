import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, rawPlay } from '../kit/builders.ts'
import { Oracle } from './oracle.ts'

/*
 *     partition 0   12:00:10 ── 12:01:29 ── 12:00:20 ── 12:01:30 ── 12:00:30
 *     12:00 is      open ────────────────────────────── closed ──── late by nothing
 *     partition 1   12:00:40, in time: its own partition knows no later time
 */
test('a play is late by the rows before it in its own partition; a second one of an id is a duplicate', () => {
  const oracle = new Oracle({ topic: 'plays', pseudonymKey: Buffer.alloc(32) })
  const tell = (partition: number, time: string, eventId = time) =>
    oracle.play(
      { partition, version: 3, play: rawPlay({ eventId, playedAt: at(time), msPlayed: 1_000 }) },
      at(time),
    )
  for (const time of ['12:00:10', '12:01:29', '12:00:20', '12:01:30', '12:00:30']) tell(0, time)
  tell(0, '12:00:11', '12:00:10')
  tell(1, '12:00:40')

  const { windows, late, duplicates, plays, artistMinutes, minutes } = oracle.wanted()
  const [first, second] = [at('12:00:00'), at('12:01:00')]
  assert.deepEqual(
    [...windows],
    [
      [`a1\t${first}`, `Artist One\t3\t3000\t1\t${at('12:00:40')}`],
      [`a1\t${second}`, `Artist One\t2\t2000\t1\t${at('12:01:30')}`],
    ],
  )
  assert.deepEqual([...late], [['12:00:30', `a1\t${at('12:00:30')}\t1000\tapp\t${at('12:01:30')}\t0`]])
  assert.deepEqual([...duplicates], [['12:00:10', 'a1']])
  assert.equal(plays.size, 6)
  assert.equal(artistMinutes.get(`a1\t${first}`), '4\t4000\t1')
  assert.deepEqual(
    [...minutes],
    [
      [String(first), '4'],
      [String(second), '2'],
    ],
  )
})
