import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'

const NAME = 'continuo-co-partition'

/**
 * Partition `i` of every topic goes to the same member, so that a task – one partition index – lies in one process.
 * Members are ordered by id; index `i` goes to member `i mod members`.
 */
export const coPartitionAssigner: PartitionAssigner = ({ cluster }) => ({
  name: NAME,
  version: 1,

  protocol: ({ topics }) => ({
    name: NAME,
    metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
  }),

  assign({ members, topics }) {
    const memberIds = members.map(({ memberId }) => memberId).sort()
    const assignments = memberIds.map((memberId, index) => {
      const mine = ({ partitionId }: { partitionId: number }) => partitionId % memberIds.length === index
      const assignment = Object.fromEntries(
        topics.map((topic) => [
          topic,
          cluster
            .findTopicPartitionMetadata(topic)
            .filter(mine)
            .map(({ partitionId }) => partitionId),
        ]),
      )
      return {
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 1,
          assignment,
          userData: Buffer.alloc(0),
        }),
      }
    })
    return Promise.resolve(assignments)
  },
})
