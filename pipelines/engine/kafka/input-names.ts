import type { TopicPartition } from '../raw-record.ts'

/** A topic that is read in the place of an input for now. */
export interface StandIn {
  /** Name without prefix; it has as many partitions as the input. */
  topic: string
  /**
   * Partitions of which the input itself has more, to be read later: one of them that is at its end is not idle, and the time of those behind a
   * repartition topic waits for it.
   */
  continued: ReadonlySet<number>
}

/** What the inputs of a topology are called in Kafka. What it keeps with its state goes by its own names, whatever stands in for a topic. */
export class InputNames {
  readonly #topicPrefix: string
  readonly #standIns: ReadonlyMap<string, StandIn>
  readonly #replaced: ReadonlyMap<string, { name: string; standIn: StandIn }>
  readonly #former: ReadonlyMap<string, string>

  /**
   * `standIns`: by the names, without prefix, of the inputs that they are read for; `former`: what has stood in once, by its name without prefix,
   * and for which input.
   */
  constructor(
    topicPrefix: string,
    standIns: ReadonlyMap<string, StandIn> = new Map(),
    former: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#former = new Map([...former].map(([topic, name]) => [topicPrefix + topic, name]))
    this.#topicPrefix = topicPrefix
    this.#standIns = standIns
    this.#replaced = new Map(
      [...standIns].map(([name, standIn]) => [topicPrefix + standIn.topic, { name, standIn }]),
    )
  }

  /** As Kafka knows it. */
  inKafka(name: string): string {
    return this.#topicPrefix + (this.#standIns.get(name)?.topic ?? name)
  }

  /** As the topology knows it. */
  ofTopology(topic: string): string {
    return this.#replaced.get(topic)?.name ?? this.#former.get(topic) ?? topic.slice(this.#topicPrefix.length)
  }

  /** Whether more of it will be read when something else no longer stands in for it. */
  isContinued({ topic, partition }: TopicPartition): boolean {
    return this.#replaced.get(topic)?.standIn.continued.has(partition) ?? false
  }
}
