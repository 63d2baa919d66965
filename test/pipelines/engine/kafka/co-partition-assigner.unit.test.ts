import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AssignerProtocol, type Cluster } from 'kafkajs'
import { type Claim, decodeClaim, encodeClaim } from '../../../../pipelines/engine/kafka/claim.ts'
import { coPartitionAssigner } from '../../../../pipelines/engine/kafka/co-partition-assigner.ts'

const nothing: Claim = { generation: -1, indexes: [] }

/** An assigner over topics of these partition counts. */
function assignerOver(counts: Record<string, number>, claim: () => Claim = () => nothing) {
  const findTopicPartitionMetadata = (topic: string) =>
    Array.from({ length: counts[topic] ?? 0 }, (_, partitionId) => ({ partitionId }))
  const cluster = { findTopicPartitionMetadata } as unknown as Cluster
  return coPartitionAssigner(claim)({ cluster, groupId: 'g', logger: undefined as never })
}

/** Who reads what: member id to topic to partitions, when members say that they have this. */
async function assigned(counts: Record<string, number>, claims: Record<string, Claim>) {
  const members = Object.entries(claims).map(([memberId, claim]) => ({
    memberId,
    memberMetadata: assignerOver(counts, () => claim).protocol({ topics: Object.keys(counts) }).metadata,
  }))
  const assignments = await assignerOver(counts).assign({ members, topics: Object.keys(counts) })
  return new Map(
    assignments.map(({ memberId, memberAssignment }) => [
      memberId,
      AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {},
    ]),
  )
}

/** Which indexes each member has of a group over so many, after these claims. */
async function shares(count: number, claims: Record<string, Claim>): Promise<Map<string, number[]>> {
  const found = await assigned({ plays: count }, claims)
  return new Map([...found].map(([member, topics]) => [member, topics['plays'] ?? []]))
}

const memberId = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  minLength: 1,
  maxLength: 3,
})
const anyClaims = (count: number) =>
  fc.dictionary(
    memberId,
    fc.record({
      generation: fc.integer({ min: -1, max: 4 }),
      // Of a topic that has shrunk, too: a claim may name what is not there.
      indexes: fc.uniqueArray(fc.nat(count + 2), { maxLength: count }),
    }),
    { minKeys: 1, maxKeys: 6, noNullPrototype: true },
  )
const anyGroup = fc
  .integer({ min: 1, max: 14 })
  .chain((count) => fc.record({ count: fc.constant(count), claims: anyClaims(count) }))

const sorted = (numbers: Iterable<number>) => [...numbers].sort((one, two) => one - two)

/** What members say next: each what it was given, in the next generation. */
function claimsOf(given: Map<string, number[]>, generation: number): Record<string, Claim> {
  return Object.fromEntries([...given].map(([member, indexes]) => [member, { generation, indexes }]))
}

test('every index has one reader, of all topics the same, and nobody has two more than another, whatever is claimed', async () => {
  await fc.assert(
    fc.asyncProperty(anyGroup, async ({ count, claims }) => {
      const all = await assigned({ plays: count, reactions: count }, claims)
      assert.deepEqual([...all.keys()].sort(), Object.keys(claims).sort())
      assert.deepEqual(sorted([...all.values()].flatMap(({ plays = [] }) => plays)), [...Array(count).keys()])
      for (const { plays, reactions } of all.values()) assert.deepEqual(plays, reactions)
      const sizes = [...all.values()].map(({ plays = [] }) => plays.length)
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1)
    }),
  )
})

test('a member keeps what it has, up to its share', async () => {
  await fc.assert(
    fc.asyncProperty(anyGroup, async ({ count, claims }) => {
      const before = await shares(count, claims)
      // Some go, some come: those that stay claim what they have.
      const stay = [...before].filter((_, place) => place % 3 !== 2)
      const come = Array.from({ length: count % 4 }, (_, number) => [`new-${number}`, nothing] as const)
      const next = { ...claimsOf(new Map(stay), 9), ...Object.fromEntries(come) }
      if (Object.keys(next).length === 0) return
      const after = await shares(count, next)
      const fair = Math.floor(count / after.size)
      for (const [member, had] of stay) {
        const kept = after.get(member)!.filter((index) => had.includes(index))
        assert.ok(kept.length >= Math.min(had.length, fair))
      }
    }),
  )
})

test('nobody comes or goes: nothing moves; one leaves: its indexes move and no others', async () => {
  await fc.assert(
    fc.asyncProperty(anyGroup, fc.nat(5), async ({ count, claims }, which) => {
      const before = await shares(count, claims)
      const again = await shares(count, claimsOf(before, 9))
      for (const [member, had] of before) assert.deepEqual(again.get(member), had)

      const left = [...before.keys()][which % before.size]!
      const stay = new Map([...before].filter(([member]) => member !== left))
      if (stay.size === 0) return
      const after = await shares(count, claimsOf(stay, 9))
      for (const [member, had] of stay)
        assert.deepEqual(
          had.filter((index) => !after.get(member)!.includes(index)),
          [],
        )
    }),
  )
})

test('one joins: no more moves than its share', async () => {
  await fc.assert(
    fc.asyncProperty(anyGroup, async ({ count, claims }) => {
      const before = await shares(count, claims)
      const after = await shares(count, { ...claimsOf(before, 9), newcomer: nothing })
      const moved = [...before].flatMap(([member, had]) =>
        had.filter((index) => !after.get(member)!.includes(index)),
      )
      assert.deepEqual(sorted(moved), after.get('newcomer'))
    }),
  )
})

test('of two that claim the same, the one of the later generation has it: the other was out of the group', async () => {
  const found = await shares(4, {
    zombie: { generation: 3, indexes: [0, 1, 2, 3] },
    successor: { generation: 5, indexes: [0, 1] },
  })
  assert.deepEqual([...found].sort(), [
    ['successor', [0, 1]],
    ['zombie', [2, 3]],
  ])
})

test('the order in which members are listed changes nothing', async () => {
  const claims = { b: { generation: 1, indexes: [0, 4] }, c: nothing, a: { generation: 1, indexes: [0, 2] } }
  const reversed = Object.fromEntries(Object.entries(claims).toReversed())
  assert.deepEqual(await shares(5, claims), await shares(5, reversed))
})

test('a member tells the group which topics it wants, and what it has now', () => {
  const claim = { generation: 7, indexes: [1, 5] }
  const assigner = assignerOver({}, () => claim)
  for (const indexes of [[1, 5], [2]]) {
    claim.indexes = indexes
    const { name, metadata } = assigner.protocol({ topics: ['plays', 'reactions'] })
    assert.equal(name, 'continuo-co-partition')
    const said = AssignerProtocol.MemberMetadata.decode(metadata)
    assert.deepEqual(said?.topics, ['plays', 'reactions'])
    assert.deepEqual(decodeClaim(said.userData), { generation: 7, indexes })
  }
})

test('what another version says in its own way is no claim', () => {
  const foreign = encodeClaim({ generation: 7, indexes: [1] })
  foreign.writeInt16BE(2, 0)
  for (const userData of [undefined, Buffer.alloc(0), Buffer.alloc(1), foreign])
    assert.deepEqual(decodeClaim(userData), nothing)
})
