import { hash } from 'node:crypto'
import { directoryStore } from '../../pipelines/model/artifact/directory-store.ts'
import {
  type Artifact,
  type TrainingPlays,
  makeArtifact,
} from '../../pipelines/model/artifact/make-artifact.ts'
import { qualityForHeldOut } from '../../pipelines/model/held-out.ts'
import type { TrainingOptions } from '../../pipelines/model/ials/train.ts'
import type { HeldOutQuality } from '../../pipelines/model/metrics.ts'
import { loadVerified } from '../../pipelines/model/serve/load-verified.ts'
import type { Config } from '../config.ts'
import type { JsonTopicPlace } from '../json-topic.ts'
import { type TrainedModel, modelsInKafka, trainedMessage } from './models.ts'

/** Where models are kept and written down. */
export interface ModelsPlace extends JsonTopicPlace {
  config: Pick<Config, 'TOPIC_PREFIX' | 'REPLICATION_FACTOR' | 'MODEL_DIR'>
}

/** Trains a model, and keeps it as a version: its bytes first, so that whoever reads of it finds it. */
export async function makeVersion(
  plays: TrainingPlays,
  options: TrainingOptions,
  place: ModelsPlace,
): Promise<Artifact> {
  const artifact = await makeArtifact(plays, { ...options, now: Date.now() })
  await directoryStore(place.config.MODEL_DIR).write(artifact.version, artifact.bytes)
  await modelsInKafka.write(place, [trainedMessage(artifact, hash('sha256', artifact.bytes))])
  return artifact
}

export interface Comparison {
  candidate: HeldOutQuality
  served: HeldOutQuality
  /** Whether the candidate has the lower NDCG@10. */
  isWorse: boolean
}

/** Two models on the same listeners, whom neither has seen; undefined if there is nobody to compare them by. @throws ModelError */
export async function compared(
  candidate: TrainedModel,
  served: TrainedModel,
  plays: TrainingPlays,
  { MODEL_DIR }: Pick<Config, 'MODEL_DIR'>,
): Promise<Comparison | undefined> {
  const store = directoryStore(MODEL_DIR)
  const qualityOf = async (model: TrainedModel) =>
    qualityForHeldOut(await loadVerified(store, model), plays.listenings)
  const [ofCandidate, ofServed] = [await qualityOf(candidate), await qualityOf(served)]
  if (ofCandidate === null || ofServed === null) return undefined
  const isWorse = ofCandidate.model.ndcgAt10 < ofServed.model.ndcgAt10
  return { candidate: ofCandidate, served: ofServed, isWorse }
}
