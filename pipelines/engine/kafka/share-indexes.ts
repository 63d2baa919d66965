import type { Claim } from './claim.ts'

/**
 * Shares partition indexes out among the members of a group, in balance to within one: who has an index keeps it unless that were more than its
 * share. If several claim the same one, that of the latest generation counts: the others were out of the group when it changed hands.
 * (As Kafka's sticky assignor does, KIP-54 and KIP-341.) Whoever leads the group, the same claims give the same shares.
 */
export function shareIndexes(
  indexes: Iterable<number>,
  claims: ReadonlyMap<string, Claim>,
): Map<string, Set<number>> {
  const all = [...new Set(indexes)].sort((one, two) => one - two)
  const owners = ownersOf(all, claims)
  const held = new Map([...claims.keys()].sort().map((member) => [member, [] as number[]]))
  for (const [index, member] of owners) held.get(member)!.push(index)

  const shares = new Map<string, Set<number>>()
  const free = new Set(all)
  const quotas = quotasOf(all.length, held)
  for (const [member, quota] of quotas) {
    const kept = held.get(member)!.slice(0, quota)
    shares.set(member, new Set(kept))
    for (const index of kept) free.delete(index)
  }
  const left = free.values()
  for (const [member, quota] of quotas) {
    const share = shares.get(member)!
    while (share.size < quota) share.add(left.next().value!)
  }
  return shares
}

/** Who has each index, in the order of the indexes. */
function ownersOf(all: number[], claims: ReadonlyMap<string, Claim>): Map<number, string> {
  const known = new Set(all)
  const latest = new Map<number, { member: string; generation: number }>()
  for (const [member, { generation, indexes }] of [...claims].sort(([one], [two]) => (one < two ? -1 : 1))) {
    for (const index of indexes) {
      const other = latest.get(index)
      if (known.has(index) && (other === undefined || generation > other.generation))
        latest.set(index, { member, generation })
    }
  }
  return new Map(all.flatMap((index) => (latest.has(index) ? [[index, latest.get(index)!.member]] : [])))
}

/** How many each member gets: those who have most get one more where it does not come out even. */
function quotasOf(count: number, held: ReadonlyMap<string, number[]>): Map<string, number> {
  const each = Math.floor(count / held.size)
  const more = count % held.size
  const byHeld = [...held].sort(([, one], [, two]) => two.length - one.length)
  return new Map(byHeld.map(([member], place) => [member, place < more ? each + 1 : each]))
}
