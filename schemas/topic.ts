import { type EventSchema, schemaOfFields } from './event-schema.ts'

/** A topic, named once. Keys are UTF-8 text, values Avro in the Confluent wire format under `<name>-value`. */
export interface Topic<V, By extends string = string> {
  readonly name: string
  readonly value: EventSchema<V>
  /**
   * What the rows are spread by, in a word of your own: `user`, `artist`, `country`. Topics with the same word are
   * co-partitioned, so they have the same number of partitions. It is not always the key: `plays-clean` is keyed by pseudonym
   * but keeps the partition numbers of `plays`, so it is spread by user. `none`: spread by nothing; such a topic cannot meet
   * another.
   */
  readonly partitioning: By
  /** Broker settings of the topic, as Kafka names them. */
  readonly config: Readonly<Record<string, string>>
}

/** What Kafka allows, whatever TOPIC_PREFIX comes before it. */
const NAME = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/

/**
 * Names a topic. `name` is without prefix, `partitioning` the word for what its rows are spread by, `config` its settings as
 * Kafka names them. Those of this project are all in `topics.ts`; whoever uses the engine as a library
 * names others.
 * @throws RangeError for a name that Kafka would refuse
 */
export function topic<V, By extends string>(
  name: string,
  value: EventSchema<V>,
  partitioning: By,
  config: Readonly<Record<string, string>> = {},
): Topic<V, By> {
  if (!NAME.test(name))
    throw new RangeError(
      `a topic cannot be called ${JSON.stringify(name)}: take 1 to 249 letters, digits, ".", "_" or "-", as Kafka does`,
    )
  return { name, value, partitioning, config }
}

/**
 * A topic of which only some fields are read, which takes less of a processor than all of them: `read(pick(plays, ['playedAt', 'msPlayed']))`.
 * It cannot be written to. @throws RangeError for a field that its values do not have
 */
export const pick = <V, F extends keyof V & string, By extends string>(
  whole: Topic<V, By>,
  fields: readonly F[],
): Topic<Pick<V, F>, By> => ({ ...whole, value: schemaOfFields(whole.value, fields) })
