import type { Kafka } from 'kafkajs'
import {
  type Artifact,
  type TrainingPlays,
  makeArtifact,
} from '../../pipelines/model/artifact/make-artifact.ts'
import { modelStoreAt } from '../../pipelines/model/artifact/model-store-at.ts'
import type { ModelStore } from '../../pipelines/model/artifact/model-store.ts'
import { qualityForHeldOut } from '../../pipelines/model/held-out.ts'
import type { TrainingOptions } from '../../pipelines/model/ials/train.ts'
import type { HeldOutQuality } from '../../pipelines/model/metrics.ts'
import { loadVerified } from '../../pipelines/model/serve/load-verified.ts'
import { commandLog } from '../command-log.ts'
import { type Config, loadConfig } from '../config.ts'
import type { JsonTopicPlace } from '../json-topic.ts'
import { connectKafka } from '../kafka.ts'
import { requireServices } from '../reachable.ts'
import { type Models, type TrainedModel, modelsInKafka, trainedMessage } from './models.ts'

/** Where models are kept and written down. */
export interface ModelsPlace extends JsonTopicPlace {
  store: ModelStore
}

/** That of the configuration. */
export const modelsPlace = (kafka: Kafka, config: Config) => ({
  kafka,
  config,
  store: modelStoreAt(config.MODEL_STORE, config.AWS_ENDPOINT_URL_S3),
})

/** The same for a command that a person waits for. @throws ServiceAwayError if Kafka is away */
export async function openModels(): Promise<ReturnType<typeof modelsPlace>> {
  const config = loadConfig()
  await requireServices(config, ['kafka'])
  return modelsPlace(connectKafka(config, 'continuo-model', commandLog('model', config)), config)
}

/** Trains a model, and keeps it as a version: its bytes first, so that whoever reads of it finds it. */
export async function makeVersion(
  plays: TrainingPlays,
  options: TrainingOptions,
  place: ModelsPlace,
): Promise<Artifact> {
  const artifact = await makeArtifact(plays, { ...options, now: Date.now() })
  await place.store.write(artifact.version, artifact.bytes)
  await modelsInKafka.write(place, [trainedMessage(artifact)])
  return artifact
}

/** Removes what nobody will go back to. What is no longer written down is not looked for, so that comes first. */
export async function removeOutdated({ outdated }: Models, place: ModelsPlace): Promise<string[]> {
  if (outdated.length === 0) return []
  await modelsInKafka.write(
    place,
    outdated.map((key) => ({ key, value: null })),
  )
  for (const version of outdated) await place.store.remove(version)
  return outdated
}

/** By fewer listeners than that nobody can tell which of two is better. */
export const LEAST_LISTENERS = 10

export interface Comparison {
  candidate: HeldOutQuality
  served: HeldOutQuality
  /** Whether the candidate has the lower NDCG@10. */
  isWorse: boolean
}

/** Two models on the same listeners, whom neither has seen; undefined if too few have played enough to compare them by. @throws ModelError */
export async function compared(
  candidate: TrainedModel,
  served: TrainedModel,
  plays: TrainingPlays,
  store: ModelStore,
): Promise<Comparison | undefined> {
  const qualityOf = async (model: TrainedModel) =>
    qualityForHeldOut(await loadVerified(store, model), plays.listenings)
  const [ofCandidate, ofServed] = [await qualityOf(candidate), await qualityOf(served)]
  if (ofCandidate === null || ofServed === null || ofServed.listeners < LEAST_LISTENERS) return undefined
  const isWorse = ofCandidate.model.ndcgAt10 < ofServed.model.ndcgAt10
  return { candidate: ofCandidate, served: ofServed, isWorse }
}
