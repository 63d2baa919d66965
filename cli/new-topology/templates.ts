import type { Names } from './names.ts'

/** `schemas/events/<name>.v1.avsc` */
export const avroSchema = ({ name, pascal, by, word }: Names) => `{
  "type": "record",
  "name": "${pascal}",
  "namespace": "continuo.events",
  "doc": "Plays of one ${word} in one hour of event time, as ${name} counts them. Absolute, so a repeated row changes nothing.",
  "fields": [
    { "name": "${by}", "type": "string" },
    { "name": "windowStart", "type": { "type": "long", "logicalType": "timestamp-millis" } },
    {
      "name": "windowEnd",
      "type": { "type": "long", "logicalType": "timestamp-millis" },
      "doc": "Exclusive"
    },
    { "name": "plays", "type": "long" }
  ]
}
`

/** `schemas/migrations/00N-<name>.ts` */
export const migration = ({
  name,
  camel,
}: Names) => `import { type TopicToCreate, topics } from '../topics.ts'

/** Topics of \`${name}\`. */
export const ${camel}Topics: readonly TopicToCreate[] = [
  { topic: topics.${camel}Repartition, partitions: 'plays' },
  { topic: topics.${camel}Live, partitions: 'plays' },
  { topic: topics.${camel}, partitions: 'plays' },
  { topic: topics.${camel}Late, partitions: 'plays' },
]
`

/** `pipelines/steps/count-<name>.ts` */
export const fold = ({ pascal, by, word }: Names) => `import type { ${pascal} } from '../../schemas/events.ts'
import { combine, count } from '../engine/index.ts'

/** Plays of one ${word} in one hour. A further figure, \`sum\` or \`distinct\`, is a further line. */
export const count${pascal} = combine(
  {
    plays: count(),
  },
  (figures, ${by}, { start, end }): ${pascal} => ({
    ...figures,
    ${by},
    windowStart: start,
    windowEnd: end,
  }),
)
`

/** `pipelines/topologies/<name>.ts` */
export const topology = ({
  name,
  camel,
  pascal,
  by,
  word,
}: Names) => `import { topics } from '../../schemas/topics.ts'
import { foldWindow, hours, keyBy, minutes, route, topology, tumbling } from '../engine/index.ts'
import { count${pascal} } from '../steps/count-${name}.ts'
import { latePlay } from '../steps/late-play.ts'

/**
 * Plays by ${word} and hour.
 * Kafka \`plays-clean\` -> \`${name}-live\` (each update), \`${name}\` (closed hours), \`${name}-late\`.
 */
export const ${camel} = topology('${name}', ({ read }) =>
  read(topics.playsClean, { time: (play) => play.playedAt }).pipe(
    keyBy((play) => play.${by}, { through: topics.${camel}Repartition }),
    foldWindow({
      windows: tumbling(hours(1), { grace: minutes(5) }),
      fold: count${pascal},
      late: latePlay,
    }),
    route({
      open: topics.${camel}Live,
      closed: topics.${camel},
      late: topics.${camel}Late,
    }),
  ),
)
`

/** `test/pipelines/topologies/<name>.unit.test.ts` */
export const unitTest = ({ name, camel, by, word }: Names) => `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drive } from '../../../pipelines/engine/testing/drive.ts'
import { ${camel} } from '../../../pipelines/topologies/${name}.ts'
import { topics } from '../../../schemas/topics.ts'
import { at, play } from '../../kit/builders.ts'

test('plays are counted by ${word} and hour', async () => {
  const kafka = drive(${camel})
  for (const ${by} of ['a', 'b', 'a'])
    await kafka.send(topics.playsClean, play({ ${by}, playedAt: '12:10:00' }))

  assert.deepEqual(
    kafka.written(topics.${camel}Live).map(({ key, value }) => [key, value.plays]),
    [
      ['a', 1],
      ['b', 1],
      ['a', 2],
    ],
  )
})

/*
 * Hours with a grace of five minutes:
 *
 *     played at    12:10   13:01   13:05   12:59
 *     closed                       12 h            one play, by the one of 13:05
 *     late                                 12:59
 */
test('an hour closes once; what comes later for it is late, never lost', async () => {
  const kafka = drive(${camel})
  for (const playedAt of ['12:10:00', '13:01:00', '13:05:00', '12:59:00'])
    await kafka.send(topics.playsClean, play({ ${by}: 'a', playedAt }))

  assert.deepEqual(
    kafka.written(topics.${camel}).map(({ value }) => value),
    [{ ${by}: 'a', windowStart: at('12:00:00'), windowEnd: at('13:00:00'), plays: 1 }],
  )
  assert.deepEqual(
    kafka.written(topics.${camel}Late).map(({ value }) => value.playedAt),
    [at('12:59:00')],
  )
})

test('a crash changes nothing', async () => {
  const kafka = drive(${camel})
  await kafka.send(topics.playsClean, play({ ${by}: 'a', playedAt: '12:10:00' }))
  kafka.crash()
  await kafka.send(topics.playsClean, play({ ${by}: 'a', playedAt: '12:11:00' }))
  assert.equal(kafka.written(topics.${camel}Live).at(-1)?.value.plays, 2)
})
`
