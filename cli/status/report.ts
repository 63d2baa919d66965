import type { TopologyStatus } from '../../pipelines/engine/kafka/task-status.ts'

/** What a process says of itself in the status topic, as JSON. */
export interface ProcessReport {
  /** Of the environment: installations may share a prefix. */
  application: string
  /** `host:pid` */
  process: string
  /** None: it has stopped. */
  topologies: TopologyStatus[]
}

/** A report as it was found. */
export interface FoundReport extends ProcessReport {
  /** When it came to the broker, ms since 1970. */
  at: number
}

/** What a record of the status topic says; undefined for what another version wrote. */
export function reportIn(value: Buffer | null, at: number): FoundReport | undefined {
  try {
    const report = JSON.parse(value?.toString() ?? '') as Partial<ProcessReport>
    const { application, process, topologies } = report
    if (typeof application !== 'string' || typeof process !== 'string' || !Array.isArray(topologies))
      return undefined
    return { application, process, topologies, at }
  } catch {
    return undefined
  }
}

/** Processes tell each second: one that has not for so long is silent. */
export const SILENT_MS = 3_000
/** Of each process the last few: a rate is told over them. */
export const REPORTS_KEPT = 6

/** The reports of one installation, by process. */
export class Reports {
  readonly #application: string
  readonly #kept: number
  readonly #byProcess = new Map<string, FoundReport[]>()

  /** Of each process the last `kept` are kept. */
  constructor(application: string, kept = REPORTS_KEPT) {
    this.#application = application
    this.#kept = kept
  }

  /** Takes a record of the status topic; what is no report of this installation is passed over. */
  add(value: Buffer | null, at: number): void {
    const report = reportIn(value, at)
    if (report?.application !== this.#application) return
    const kept = this.#byProcess.get(report.process) ?? []
    this.#byProcess.set(report.process, [...kept, report].slice(-this.#kept))
  }

  /** Of each process, in order. */
  get all(): FoundReport[][] {
    return [...this.#byProcess.values()]
  }

  /** What processes that are not silent say of a topology, by its name in Kafka. */
  heardOf(topology: string, now: number): TopologyStatus[] {
    return this.all
      .flatMap((of) => of.at(-1) ?? [])
      .filter(({ at }) => now - at <= SILENT_MS)
      .flatMap(({ topologies }) => topologies.filter((each) => each.topology === topology))
  }
}
