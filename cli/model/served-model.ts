import type { Logger } from 'pino'
import type { Following } from '../../pipelines/engine/kafka/follow-partitions.ts'
import type { ModelStore } from '../../pipelines/model/artifact/model-store.ts'
import { ModelError } from '../../pipelines/model/errors.ts'
import type { ServedModel } from '../../pipelines/model/listener/recommend.ts'
import { loadVerified } from '../../pipelines/model/serve/load-verified.ts'
import type { Model } from '../../pipelines/model/serve/model.ts'
import { type Models, type TrainedModel, modelsInKafka } from './models.ts'
import type { ModelsPlace } from './versions.ts'

/** After so long a model that could not be loaded is tried again: its file may be on its way. */
const AGAIN_AFTER_MS = 10_000

export interface ServedModelOptions extends ModelsPlace {
  log: Logger
  crash(error: unknown): void
}

/** Which model is in service, until it is stopped. */
export interface Followed extends ServedModel {
  stop(): Promise<void>
}

/** The model in service, for topologies of which one needs it. */
export const servedModelFor = async (
  topologies: readonly string[],
  options: ServedModelOptions,
): Promise<Followed> =>
  topologies.includes('recommendations')
    ? FollowedModel.follow(options)
    : { current: () => undefined, stop: () => Promise.resolve() }

/** Goes over to whichever model is in service, once it is loaded; whatever cannot be loaded leaves the one before where it is. */
export class FollowedModel implements Followed {
  readonly #store: ModelStore
  readonly #log: Logger
  #model: Model | undefined
  #wanted: TrainedModel | undefined
  #again: NodeJS.Timeout | undefined
  #following: Following | undefined

  private constructor(store: ModelStore, log: Logger) {
    this.#store = store
    this.#log = log
  }

  /** Answers when the model in service has been loaded, if there is one that can be. */
  static async follow({ store, log, crash, ...place }: ServedModelOptions): Promise<FollowedModel> {
    const model = new FollowedModel(store, log)
    const goOver = (models: Models) => model.#goOver(wantedOf(models))
    model.#following = await modelsInKafka.follow(place, goOver, crash)
    return model
  }

  async stop(): Promise<void> {
    clearTimeout(this.#again)
    await this.#following?.stop()
  }

  current(): Model | undefined {
    return this.#model
  }

  async #goOver(wanted: TrainedModel | undefined): Promise<void> {
    clearTimeout(this.#again)
    this.#wanted = wanted
    if (wanted === undefined || wanted.version === this.#model?.version) return
    try {
      this.#model = await loadVerified(this.#store, wanted)
      this.#log.info({ model: wanted.version }, 'model in service')
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
      const stays =
        this.#model === undefined ? 'nothing is recommended' : `${this.#model.version} stays in service`
      this.#log.error({ model: wanted.version, again: AGAIN_AFTER_MS }, `${error.message}; ${stays}`)
      this.#again = setTimeout(() => void this.#goOver(this.#wanted), AGAIN_AFTER_MS).unref()
    }
  }
}

/** The model in service; what another release may have written of it, and is not known here, is none. */
const wantedOf = ({ inService, trained }: Models): TrainedModel | undefined =>
  trained.find(({ version }) => version === inService?.version)
