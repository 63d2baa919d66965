import type { Message } from 'kafkajs'
import type { Artifact } from '../../pipelines/model/artifact/make-artifact.ts'
import type { ModelMetadata } from '../../pipelines/model/artifact/metadata.ts'
import { ModelError } from '../../pipelines/model/errors.ts'
import { JsonForm } from '../../schemas/json-form.ts'
import { modelsTopic } from '../../schemas/models-topic.ts'
import { JsonTopic, type Keeper, jsonIn } from '../json-topic.ts'

/** What is written down of a model that has been trained. */
export interface TrainedModel extends Pick<ModelMetadata, 'trainedAt' | 'training' | 'heldOut'> {
  version: string
  /** Of its bytes. */
  sha256: string
  artists: number
}

/** Which model is in service. */
export interface InService {
  version: string
  /** Those that were, the last first. */
  before: string[]
  /** ms since 1970. */
  since: number
}

const [text, number] = [{ type: 'string' }, { type: 'number' }]
const record = (properties: Record<string, object>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
})
const inService = new JsonForm<InService>(
  record({ version: text, before: { type: 'array', items: text }, since: number }),
)
const trained = new JsonForm<TrainedModel>(
  record({
    version: text,
    sha256: text,
    trainedAt: number,
    artists: number,
    training: record({ listeners: number, pairs: number }),
    heldOut: { type: ['object', 'null'] },
  }),
)

const IN_SERVICE = 'in-service'
/** So many that were in service are remembered, and so many that have been trained. */
const REMEMBERED = 20

/** What the topic of models says, so far as it has been read. */
export class Models implements Keeper {
  readonly #trained = new Map<string, TrainedModel>()
  #inService: InService | undefined

  /** What has not the form of a record, as another release may have written it, is none. */
  take(key: string, value: Buffer | null): void {
    const known = jsonIn(value)
    if (key === IN_SERVICE) this.#inService = inService.fits(known) ? known : undefined
    else if (trained.fits(known)) this.#trained.set(key, known)
    else this.#trained.delete(key)
  }

  get inService(): InService | undefined {
    return this.#inService
  }

  /** The newest first. */
  get trained(): TrainedModel[] {
    return [...this.#trained.values()].sort((one, other) => other.trainedAt - one.trainedAt)
  }

  /** Versions that are not among the newest, and to which no rollback leads. */
  get outdated(): string[] {
    const kept = new Set(this.#inService && [this.#inService.version, ...this.#inService.before])
    return this.trained
      .slice(REMEMBERED)
      .map(({ version }) => version)
      .filter((version) => !kept.has(version))
  }

  /** @throws ModelError if there is none of that version */
  named(version: string): TrainedModel {
    const found = this.#trained.get(version)
    if (found !== undefined) return found
    throw new ModelError(`there is no model ${version}: \`continuo model list\` shows which there are`)
  }
}

/** Which models there are, and which is in service. */
export const modelsInKafka = new JsonTopic(modelsTopic, () => new Models())

/** That a model has been trained. */
export function trainedMessage({
  version,
  sha256,
  metadata,
}: Pick<Artifact, 'version' | 'sha256' | 'metadata'>): Message {
  const { trainedAt, training, heldOut, artists } = metadata
  const record: TrainedModel = { version, sha256, trainedAt, training, heldOut, artists: artists.length }
  return { key: version, value: JSON.stringify(record) }
}

/** That a model is in service from now on, in the place of the one before. */
export function servedMessage(version: string, { inService }: Models, since: number): Message {
  const others = inService === undefined ? [] : [inService.version, ...inService.before]
  return inServiceMessage({ version, before: others.slice(0, REMEMBERED), since })
}

/** That the model before is in service again: there has to be one. */
export function rolledBackMessage({ inService }: Models, since: number): Message {
  const [version, ...before] = inService!.before
  return inServiceMessage({ version: version!, before, since })
}

const inServiceMessage = (record: InService): Message => ({ key: IN_SERVICE, value: JSON.stringify(record) })
