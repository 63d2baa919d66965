import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { deleteGroups } from '../../../pipelines/engine/kafka/reset-topology.ts'
import { pendingIn } from '../key-ring.ts'
import { type Around, requireRingOfNow, requireUnchanged, settle } from './pending.ts'
import { groupIdOf } from './plan.ts'
import { Rewriting, type RewritingOptions } from './rewriting.ts'

/** Says that an epoch is in use. What shows the next run that this has been said goes last. */
export async function sayEnded(around: Pick<Around, 'kafka' | 'applicationId' | 'epoch'>): Promise<void> {
  console.log(
    `epoch ${around.epoch} is in use: start everything again, \`npm start\` too, with PSEUDONYM_KEYS and WRAPPING_KEYS as they are here; PSEUDONYM_KEY alone is refused from now on: unset it everywhere`,
  )
  await withAdmin(around.kafka, (admin) => deleteGroups(admin, [groupIdOf(around)]))
}

/** Whether all has been brought into the last epoch of the ring by a rekey that was killed before it had said so. */
export async function isUnsaid(around: Around): Promise<boolean> {
  const said = await requireRingOfNow(around)
  if (pendingIn(around.ring) !== undefined) return false
  if (said?.pending === true) return true
  const groupId = groupIdOf({ ...around, epoch: around.ring.epochs.length })
  const { groups } = await withAdmin(around.kafka, (admin) => admin.listGroups())
  return groups.some((each) => each.groupId === groupId)
}

/** Does what that rekey has left to be done, and nothing else. */
export async function sayAtLast(around: Around & RewritingOptions, dryRun: boolean): Promise<void> {
  const ended = { ...around, epoch: around.ring.epochs.length }
  console.log(
    `epoch ${ended.epoch} has been brought in by a rekey that was cut off at its end: ${dryRun ? 'without --dry-run this ends' : 'this ends'} it, and begins no other`,
  )
  if (dryRun) return
  const rewriting = await Rewriting.begin(ended)
  try {
    await requireUnchanged(ended)
    await settle(ended, ended.ring, rewriting)
    await sayEnded(ended)
  } finally {
    await rewriting.close()
  }
}
