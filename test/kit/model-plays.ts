import type { TrainingPlays } from '../../pipelines/model/artifact/make-artifact.ts'
import type { Listening } from '../../pipelines/model/interactions.ts'
import { trainingDefaults } from '../../pipelines/model/ials/train.ts'

/** Two crowds of `size` listeners, each of which hears ten artists of its own out of twelve. */
export const crowds = (size = 60): Listening[] =>
  ['rock', 'jazz'].flatMap((crowd) =>
    Array.from({ length: size }, (_, listener) => listener).flatMap((listener) =>
      Array.from({ length: 12 }, (_, artist) => artist)
        .filter((artist) => artist !== listener % 12 && artist !== (listener + 5) % 12)
        .map((artist) => ({
          listener: `${crowd}-${listener}`,
          artist: `${crowd}er-${artist}`,
          plays: 1 + ((listener + artist) % 7),
        })),
    ),
  )

export const playsOf = (
  listenings: readonly Listening[],
  more: Partial<TrainingPlays> = {},
): TrainingPlays => ({
  source: 'a test',
  listenings,
  names: new Map(),
  popular: new Map(),
  ...more,
})

export const small = { ...trainingDefaults, factors: 8, sweeps: 4, now: Date.UTC(2026, 0, 1) }
