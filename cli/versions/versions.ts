import { type Keeper, jsonIn } from '../json-topic.ts'
import { FIRST_VERSION, nameOfVersion } from '../../pipelines/engine/versioned.ts'
import type { HistoryRecord } from './history-record.ts'

/** What a version reads first: what its topics have kept, or all the history that there is. */
export type Reach = 'kept' | 'all'

/** What is written down of a version beside the first, under `NAME@N`, as JSON. */
export interface VersionRecord {
  from: Reach
  /** When it was begun, ms since 1970. */
  since: number
  /** How far it has come with history, where it begins with that. */
  history?: HistoryRecord
  /** It is on its way out: nobody is to begin anything with it. */
  removing?: boolean
}

export interface TopologyVersion {
  topology: string
  version: number
}

/** A version that there is. */
export interface MadeVersion extends TopologyVersion {
  record: VersionRecord
}

/** As people write it. */
export const labelOf = ({ topology, version }: TopologyVersion) => `${topology}@${version}`

/** As Kafka has it. */
export const kafkaNameOf = ({ topology, version }: TopologyVersion) => nameOfVersion(topology, version)

/** The topic from which a version reads history, by the name that Kafka has of it, without prefix; it goes when that has been read. */
export const historyTopicOf = (kafkaName: string) => `${kafkaName}.history`

/** Whether a version still reads history, and nothing else. */
export const readsHistory = (record: VersionRecord | undefined) => record?.history?.read === false

/** A topology, or one of its versions, as people write it; they may be none. */
export function inLabel(text: string): { topology: string; version: number | undefined } {
  const [, topology = '', version] = /^(.+?)(?:@(\d+))?$/.exec(text) ?? []
  return { topology, version: version === undefined ? undefined : Number(version) }
}

/** The topology of which `kafkaName` is a version. */
export const topologyOf = (kafkaName: string) => kafkaName.replace(/\.v\d+$/, '')

/** What the topic of versions says, so far as it has been read. */
export class Versions implements Keeper {
  readonly #inService = new Map<string, number>()
  readonly #made = new Map<string, MadeVersion>()

  /** Takes a record; what another release may have written, and cannot be understood, is passed over. */
  take(key: string, value: Buffer | null): void {
    const { topology, version } = inLabel(key)
    const known: unknown = jsonIn(value)
    if (version === undefined) {
      const { version: inService = FIRST_VERSION } = (known ?? {}) as { version?: number }
      this.#inService.set(topology, inService)
    } else if (known === undefined) this.#made.delete(key)
    else this.#made.set(key, { topology, version, record: known as VersionRecord })
  }

  /** The version of a topology that runs are of, and screens and tables show. */
  inService(topology: string): number {
    return this.#inService.get(topology) ?? FIRST_VERSION
  }

  /** All beside the first ones, those removed left out. */
  get made(): MadeVersion[] {
    return [...this.#made.values()]
  }

  /** Those of one topology, in order. */
  of(topology: string): MadeVersion[] {
    return this.made
      .filter((each) => each.topology === topology)
      .sort((one, other) => one.version - other.version)
  }

  /** The one that is being made, if any: later than what is in service. */
  inTheMaking(topology: string): MadeVersion | undefined {
    return this.of(topology).find(
      ({ version, record }) => version > this.inService(topology) && record.removing !== true,
    )
  }
}
