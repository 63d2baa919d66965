import { GivingBack } from '../../pipelines/engine/kafka/give-back.ts'
import { whyNot } from '../../pipelines/engine/given-back.ts'
import { type DeadLetter, replayTopic } from '../../schemas/dead-letter.ts'
import { progressBar } from '../progress-bar.ts'
import { count, counted } from '../status/text.ts'
import type { Preparing } from './fix.ts'
import { type FoundLetter, type LetterPlace, eachWhole } from './letters.ts'
import type { GivenLetter } from './outcome.ts'

/** What a replay would do. */
export interface ReplayPlan {
  /** To be given back, by stage. */
  ready: Map<string, number>
  /** Not to be given back, by why. */
  left: Map<string, number>
  /** Of those that are ready: as far as can be told, their topic's readers cannot decode them. */
  undecodable: number
  /** The first of those that are ready, as they would go. */
  samples: DeadLetter[]
}

/** Why a letter is left that has been given back. */
const REPLAYED = 'replayed already'
const LETTERS_A_TRANSACTION = 500
const BYTES_A_TRANSACTION = 4_000_000

const add = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)

/** Opens each of these letters and makes it ready, and writes nothing; keeps so many samples. */
export async function planReplay(
  place: LetterPlace,
  letters: readonly FoundLetter[],
  preparing: Preparing,
  samples = 0,
): Promise<ReplayPlan> {
  const plan: ReplayPlan = { ready: new Map(), left: new Map(), undecodable: 0, samples: [] }
  for (const letter of letters) {
    const why = whyLeft(letter)
    if (why !== undefined) add(plan.left, why)
  }
  await eachWhole(place, mayGo(letters), async (some) => {
    for (const letter of some) {
      const prepared = await preparing.prepare(letter)
      if ('left' in prepared) add(plan.left, prepared.left.replaceAll('_', ' '))
      else {
        add(plan.ready, letter.stage)
        if (prepared.decodes === false) plan.undecodable += 1
        if (plan.samples.length < samples) plan.samples.push(prepared.letter)
      }
    }
  })
  return plan
}

const whyLeft = (letter: FoundLetter) => (letter.replayed ? REPLAYED : whyNot(letter))

const mayGo = (letters: readonly FoundLetter[]) => letters.filter((letter) => whyLeft(letter) === undefined)

export function linesOfPlan({ ready, left, undecodable }: ReplayPlan): string[] {
  return [
    ...[...ready].map(([stage, n]) => `${counted(n, 'letter')} to ${stage}, by ${replayTopic(stage).name}`),
    ...(undecodable > 0
      ? [
          `of these ${count(undecodable)} cannot be decoded as ${theyAre(undecodable)}, and would be set aside again`,
        ]
      : []),
    ...[...left].map(([why, n]) => `${counted(n, 'letter')} left where ${theyAre(n)}: ${why}`),
  ]
}

const theyAre = (n: number) => (n === 1 ? 'it is' : 'they are')

export const readyIn = ({ ready }: ReplayPlan) => ready.values().reduce((sum, n) => sum + n, 0)

/** Whether there is nothing that could be given back, now or before. */
export const isInVain = (plan: ReplayPlan) => readyIn(plan) === 0 && !plan.left.has(REPLAYED)

/**
 * Gives these letters back to their stages; answers how many it has written, and which they are. It may be killed and repeated: none is given back twice.
 * @throws TopicError for a stage that takes no replays, before the first letter has gone
 */
export async function replay(
  place: LetterPlace & { applicationId: string },
  letters: readonly FoundLetter[],
  preparing: Preparing,
  total: number,
): Promise<{ written: number; given: GivenLetter[] }> {
  const stages = new Map<string, GivingBack>()
  const bar = progressBar('Replaying [{bar}] {value}/{total} | {eta_formatted} left')
  const given: GivenLetter[] = []
  let written = 0
  try {
    for (const stage of new Set(mayGo(letters).map((letter) => letter.stage))) {
      await place.codec.register(replayTopic(stage))
      stages.set(stage, await GivingBack.begin({ ...place, stage }))
    }
    bar.start(total, 0)
    await eachWhole(place, mayGo(letters), async (some) => {
      for (const portion of portionsOf(await ready(some, preparing))) {
        written += await stages.get(portion[0]!.stage)!.write(portion)
        given.push(...portion.map(({ id, stage, attempt }) => ({ id, stage, attempt })))
        bar.increment(portion.length)
      }
    })
  } finally {
    bar.stop()
    await Promise.all([...stages.values()].map((giving) => giving.close()))
  }
  return { written, given }
}

async function ready(letters: readonly DeadLetter[], preparing: Preparing): Promise<DeadLetter[]> {
  const found: DeadLetter[] = []
  for (const each of letters) {
    const prepared = await preparing.prepare(each)
    if ('letter' in prepared) found.push(prepared.letter)
  }
  return found
}

/** What goes into one transaction: letters of one stage. */
function portionsOf(letters: readonly DeadLetter[]): DeadLetter[][] {
  const portions: DeadLetter[][] = []
  for (const its of Map.groupBy(letters, ({ stage }) => stage).values()) {
    let bytes = Infinity
    for (const letter of its) {
      if (bytes > BYTES_A_TRANSACTION || portions.at(-1)!.length === LETTERS_A_TRANSACTION) {
        portions.push([])
        bytes = 0
      }
      portions.at(-1)!.push(letter)
      bytes += letter.sealed.length
    }
  }
  return portions
}
