import type { TopologyStatus } from '../../pipelines/engine/kafka/task-status.ts'
import { followReports } from '../status/follow-reports.ts'
import { Reports } from '../status/report.ts'
import { count, moment } from '../status/text.ts'
import { versionsInKafka } from '../versions/versions-in-kafka.ts'
import { kafkaNameOf, labelOf } from '../versions/versions.ts'
import type { BackfillSurroundings } from './backfill.ts'
import { ProgressLine } from './progress-line.ts'
import type { Subject } from './subject.ts'

/** How a version stands at a moment. */
export interface Standing {
  /** Records that it has still to process. */
  records: number
  /** Records that it has written and that are not in the stores yet. */
  carried: number
  /** Whether anybody carries them. */
  sinks: boolean
  status: TopologyStatus | undefined
}

/** Tells how a version catches up, beside the one that is in service. */
export class Progress {
  readonly #subject: Subject
  /** The version in service, as Kafka has it. */
  readonly #live: string
  readonly #reports: Reports
  readonly #following: { stop(): Promise<void> } | undefined
  readonly #line = new ProgressLine()

  private constructor(
    subject: Subject,
    live: string,
    reports: Reports,
    following: { stop(): Promise<void> } | undefined,
  ) {
    this.#subject = subject
    this.#live = live
    this.#reports = reports
    this.#following = following
  }

  static async begin(subject: Subject, { kafka, config }: BackfillSurroundings): Promise<Progress> {
    const { topology } = subject
    const version = (await versionsInKafka.read({ kafka, config })).inService(topology)
    const reports = new Reports(config.APPLICATION_ID)
    // Whatever ends it, what others say is for the eye alone.
    const following = await followReports(kafka, config.TOPIC_PREFIX, reports, () => undefined)
    return new Progress(subject, kafkaNameOf({ topology, version }), reports, following)
  }

  tell(standing: Standing): void {
    this.#line.tell(this.#words(standing))
  }

  async end(): Promise<void> {
    this.#line.end()
    await this.#following?.stop()
  }

  #words({ records, carried, sinks, status }: Standing): string {
    const now = Date.now()
    const own = streamTimeOf(status === undefined ? [] : [status])
    const live = streamTimeOf(this.#reports.heardOf(this.#live, now))
    return [
      `${labelOf(this.#subject)}: ${count(records)} records to go`,
      sinks
        ? `${count(carried)} to be carried into tables`
        : 'nobody carries what it writes: start `continuo sinks`',
      ...(own === undefined ? [] : [`stream time ${moment(own, now)}`]),
      ...(live === undefined ? [] : [`live ${moment(live, now)}`]),
    ].join(' · ')
  }
}

function streamTimeOf(topologies: readonly TopologyStatus[]): number | undefined {
  const times = topologies.flatMap(({ tasks }) => tasks.flatMap(({ streamTime }) => streamTime ?? []))
  return times.length === 0 ? undefined : Math.min(...times)
}
