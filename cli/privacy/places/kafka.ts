import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { partitionEnds } from '../../../pipelines/engine/kafka/offsets.ts'
import { readRanges } from '../../../pipelines/engine/kafka/read-ranges.ts'
import { type RawRecord, partitionOf } from '../../../pipelines/engine/raw-record.ts'
import { registryAt } from '../../../schemas/registry-at.ts'
import { cleanTopics } from '../../../schemas/topics.ts'
import { commandLog } from '../../command-log.ts'
import type { Config } from '../../config.ts'
import { connectKafka } from '../../kafka.ts'
import { requireServices } from '../../reachable.ts'
import type { Container, Looking } from '../search/looking.ts'
import type { Needle } from '../search/needles.ts'
import { AvroFields } from './avro-fields.ts'
import type { Place } from './place.ts'

/** Kafka's own: names of groups and of who is in them, what they have committed, transactional ids. */
const INTERNAL = /^__/
/** Whose values no schema of the registry tells of, though they may look like it. */
const WITHOUT_SCHEMAS = /^__|-changelog$/

/**
 * Every record of every topic with the prefix, and of Kafka's own topics, whatever has become of its transaction: key, headers and value.
 */
export const kafkaPlace = (config: Config): Place => ({
  async look(looking, advance) {
    await requireServices(config, ['kafka', 'schemaRegistry'])
    const log = commandLog('privacy', config)
    const kafka = connectKafka(config, 'continuo-privacy', log)
    const fields = new AvroFields(registryAt(config.SCHEMA_REGISTRY_URL), (problem) =>
      looking.problems.push(looking.hide(problem)),
    )
    const names = await withAdmin(kafka, (admin) => admin.listTopics())
    const wanted = names.filter((name) => name.startsWith(config.TOPIC_PREFIX) || INTERNAL.test(name))
    const containers = new Map(wanted.map((name) => [name, containerOf(name, config)]))
    for (const [name, container] of containers) {
      looking.open(container)
      looking.look(container, Buffer.from(name), () => 'its name')
    }
    const ranges = [...(await partitionEnds(kafka, wanted))].map(([key, { low, high }]) => ({
      ...partitionOf(key),
      from: low,
      until: high,
    }))
    advance.begin(ranges.reduce((sum, { from, until }) => sum + Number(until - from), 0))
    await readRanges({
      kafka,
      ranges,
      uncommitted: true,
      async onRead({ topic }, records) {
        if (!WITHOUT_SCHEMAS.test(topic)) await fields.load(records.map(({ value }) => value))
        for (const record of records) lookAtRecord(looking, containers.get(topic)!, record, fields)
        advance.by(records.length)
      },
    })
  },
})

const containerOf = (name: string, { TOPIC_PREFIX }: Config): Container => ({
  name: `topic ${name}`,
  raw: [...cleanTopics.keys()].some((raw) => TOPIC_PREFIX + raw === name),
})

function lookAtRecord(looking: Looking, container: Container, record: RawRecord, fields: AvroFields): void {
  const { partition, offset, key, value, headers, bytes = 0 } = record
  const at = `partition ${partition}, offset ${offset}`
  looking.rows += 1
  looking.bytes += bytes
  if (key !== null) looking.look(container, key, () => `${at}, key`)
  for (const [name, values] of Object.entries(headers)) {
    looking.look(container, Buffer.from(name), () => `${at}, name of a header`)
    for (const each of [values].flat())
      looking.look(container, Buffer.from(each ?? ''), () => `${at}, header ${name}`)
  }
  if (value === null) return
  const named = new Set<Needle>()
  // Avro has text as it is: what is not in the bytes is in no field, unless it is a number.
  if (looking.seeksNumbers || looking.find(value).length > 0)
    for (const [path, held] of fields.of(value))
      for (const { needle } of looking.look(container, held, () => `${at}, value.${path}`)) named.add(needle)
  looking.look(container, value, () => `${at}, value`, named)
}
