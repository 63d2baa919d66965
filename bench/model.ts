import { existsSync } from 'node:fs'
import { encodeOnnx } from '../pipelines/model/artifact/onnx.ts'
import { FORMAT, type ModelMetadata } from '../pipelines/model/artifact/metadata.ts'
import { withCpuSeconds } from '../pipelines/model/cpu-seconds.ts'
import { zeros } from '../pipelines/model/ials/matrix.ts'
import { train, trainingDefaults } from '../pipelines/model/ials/train.ts'
import { type Listening, interactionsOf } from '../pipelines/model/interactions.ts'
import { readListenings } from '../pipelines/model/read-listenings.ts'
import { Model } from '../pipelines/model/serve/model.ts'
import { topOf } from '../pipelines/model/top.ts'
import { random } from './plays.ts'

/** As large as HetRec 2011 (last.fm): its listeners, artists and pairs. */
const LISTENERS = 1_892
const ARTISTS = 17_632
const PAIRS = 92_834
const FACTORS = 64

const PLAYED = 40
const TOP = 10
const ROUNDS = 5_000
const AT_A_TIME = 64

/**
 * Of recommendations, without any service: training, and what a list costs, one at a time and many at once. `BENCH_LISTENINGS`: a file of
 * listening counts to train on, instead of made ones.
 */
export async function benchModel(): Promise<void> {
  const file = process.env['BENCH_LISTENINGS'] ?? ''
  const listenings = existsSync(file) ? await readListenings(file) : madeListenings()
  const interactions = interactionsOf(listenings)
  const { cpuSeconds: training } = await withCpuSeconds(() => train(interactions, trainingDefaults))
  const model = await madeModel(ARTISTS)
  const one = await timesOfOne(model)
  const { cpuSeconds: many } = await withCpuSeconds(() => manyLists(model))
  const at = (share: number) => one.toSorted((a, b) => a - b)[Math.floor(share * one.length)]!.toFixed(2)
  console.table([
    {
      what: `training, ${listenings.length} pairs, ${FACTORS} factors`,
      measured: `${training.toFixed(1)} CPU-s`,
    },
    {
      what: `fold-in of ${PLAYED} artists, scores of ${ARTISTS}, top ${TOP}: one at a time`,
      measured: `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
    },
    { what: `the same, ${AT_A_TIME} at once`, measured: `${Math.round(ROUNDS / many)} a CPU-second` },
  ])
}

async function timesOfOne(model: Model): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now()
    await listFor(model, round)
    times.push(performance.now() - began)
  }
  return times
}

async function manyLists(model: Model): Promise<void> {
  for (let round = 0; round < ROUNDS; round += AT_A_TIME)
    await Promise.all(Array.from({ length: AT_A_TIME }, (_, index) => listFor(model, round + index)))
}

async function listFor(model: Model, round: number): Promise<number[]> {
  const played = Array.from({ length: PLAYED }, (_, index): [string, number] => [
    `artist-${(round * 31 + index * 397) % ARTISTS}`,
    1 + (index % 7),
  ])
  const { vector, known } = model.foldIn(played)
  return topOf(await model.scores(vector, known), TOP)
}

/** Of so many artists, by the names that made plays have, with vectors that mean nothing: what a list costs does not depend on that. */
export async function madeModel(artists: number): Promise<Model> {
  const next = random()
  const vectors = zeros(artists, FACTORS)
  for (const index of vectors.values.keys()) vectors.values[index] = next() - 0.5
  const metadata: ModelMetadata = {
    format: FORMAT,
    trainedAt: 0,
    heldOut: null,
    artists: Array.from({ length: artists }, (_, rank) => ({ id: `artist-${rank}`, name: `Artist ${rank}` })),
    foldIn: { ...trainingDefaults, typical: 1 },
    popular: { '': Array.from({ length: 100 }, (_, rank) => rank) },
    training: {
      source: 'made',
      fingerprint: '',
      listeners: 0,
      pairs: 0,
      factors: FACTORS,
      sweeps: 0,
      seed: 0,
    },
  }
  return Model.load(encodeOnnx(vectors, JSON.stringify(metadata)), 'made')
}

function madeListenings(): Listening[] {
  const next = random()
  const pairs = new Map<string, Listening>()
  while (pairs.size < PAIRS) {
    const listener = String(Math.floor(next() * LISTENERS))
    const artist = String(Math.floor(ARTISTS ** next()) - 1)
    pairs.set(`${listener}:${artist}`, { listener, artist, plays: 1 + Math.floor(1_000 ** next()) })
  }
  return [...pairs.values()]
}
