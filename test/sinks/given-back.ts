import { openDeadLetter, sealOriginal } from '../../pipelines/engine/dead-letters.ts'
import { GivingBack } from '../../pipelines/engine/kafka/give-back.ts'
import { type DeadLetter, replayTopic } from '../../schemas/dead-letter.ts'
import type { sinkRoom } from './sink-room.ts'

type Room = Pick<Awaited<ReturnType<typeof sinkRoom>>, 'kafka' | 'codec' | 'topicPrefix' | 'key'>

/** Gives letters back to a stage; answers how many it has not had before. */
export async function giveBack(
  room: Room,
  { applicationId, stage }: { applicationId: string; stage: string },
  letters: DeadLetter[],
): Promise<number> {
  await room.codec.register(replayTopic(stage))
  const giving = await GivingBack.begin({ ...room, applicationId, stage })
  const written = await giving.write(letters)
  await giving.close()
  return written
}

/** The same letter of another value. */
export function mended({ key }: Room, letter: DeadLetter, change: (value: Buffer) => Buffer): DeadLetter {
  const original = openDeadLetter(key, letter)
  return { ...letter, ...sealOriginal(key, letter.id, { ...original, value: change(original.value!) }) }
}
