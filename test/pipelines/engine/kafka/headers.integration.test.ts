import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openDeadLetter } from '../../../../pipelines/engine/dead-letters.ts'
import { topics } from '../../../../schemas/topics.ts'
import { KafkaRoom, roomKeys, roomTopologies } from '../../kafka-room.ts'

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 1 })))
after(() => room.remove())

test('whatever a header is called and holds, its record is set aside and opened again', async () => {
  const headers: Record<string, string | string[]>[] = [
    { toString: 'a function elsewhere' },
    { constructor: 'too', hasOwnProperty: 'and this' },
    { ['__proto__']: 'a setter elsewhere' },
    { many: ['one', 'two'] },
    { '': 'no name' },
  ]
  await room.sendBytes(
    topics.plays,
    headers.map((each) => ({ value: 'garbage', headers: each })),
  )
  const running = await room.run(roomTopologies.anonymise)
  await room.caughtUp('anonymise', topics.plays)
  await running.stop()
  const opened = (await room.values(topics.deadLetters)).map((letter) =>
    openDeadLetter(roomKeys.deadLetterKey, letter).headers.map(({ name, value }) => [
      name,
      value?.toString(),
    ]),
  )
  assert.deepEqual(
    opened,
    headers.map((each) =>
      Object.entries(each).flatMap(([name, values]) =>
        [values].flat().map((value): [string, string] => [name, value]),
      ),
    ),
  )
})
