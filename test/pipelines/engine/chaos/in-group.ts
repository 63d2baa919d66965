import { withAdmin } from '../../../../pipelines/engine/kafka/admin.ts'
import { groupOf } from '../../../../pipelines/engine/kafka/run-topology.ts'
import type { KafkaRoom } from '../../kafka-room.ts'
import { artistMinutes } from './artist-minutes.ts'

/** Whether the group of the topology counts a process among its members, by the client id of that; it may be dead already. */
export async function isInGroup(room: KafkaRoom, clientId: string): Promise<boolean> {
  const groupId = groupOf(room.address.applicationId, artistMinutes.name)
  const { groups } = await withAdmin(room.kafka, (admin) => admin.describeGroups([groupId]))
  return groups.some(({ members }) => members.some((member) => member.clientId === clientId))
}
