import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'
import { type Claim, decodeClaim, encodeClaim } from './claim.ts'
import { shareIndexes } from './share-indexes.ts'

const NAME = 'continuo-co-partition'

/**
 * Partition `i` of every topic goes to the same member, so that a task – one partition index – lies in one process; and it stays with
 * the member that has it, as far as balance allows. Members say at each join what they have: `claim` is asked every time.
 */
export const coPartitionAssigner =
  (claim: () => Claim): PartitionAssigner =>
  ({ cluster }) => ({
    name: NAME,
    version: 1,

    protocol: ({ topics }) => ({
      name: NAME,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: 1,
        topics,
        userData: encodeClaim(claim()),
      }),
    }),

    assign({ members, topics }) {
      const partitions = topics.map((topic) => ({
        topic,
        ids: cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId),
      }))
      const shares = shareIndexes(
        partitions.flatMap(({ ids }) => ids),
        new Map(members.map(({ memberId, memberMetadata }) => [memberId, claimIn(memberMetadata)])),
      )
      const assignments = [...shares].map(([memberId, indexes]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 1,
          assignment: Object.fromEntries(
            partitions.map(({ topic, ids }) => [topic, ids.filter((id) => indexes.has(id))]),
          ),
          userData: Buffer.alloc(0),
        }),
      }))
      return Promise.resolve(assignments)
    },
  })

const claimIn = (memberMetadata: Buffer): Claim =>
  decodeClaim(AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData)
