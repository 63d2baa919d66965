import type { Ledger, Reason } from './ledger.ts'
import type { PlannedBlow } from './plan.ts'
import { OWN, ownPlace } from './listeners.ts'
import { type Step, type Testimony, seconds } from './witness.ts'

/** What became of the storm. */
export interface StormReport {
  /** In words, for a table. */
  figures: [what: string, figure: string][]
  differences: number
  /** The first of them, named by client and channel. */
  first: string[]
}

export interface Account {
  clients: number
  blows: readonly PlannedBlow[]
  testimonies: readonly Testimony[]
  ledger: Ledger
  /** Who does not have all that there is, in words. */
  behind: readonly string[]
  /** Of the gateways. */
  faults: readonly string[]
  /** Whether nobody may be told that they have not recovered. */
  nodesOnly: boolean
}

/** Judges what clients saw by what was published. */
export function accountOf(account: Account): StormReport {
  const { clients, blows, testimonies, ledger, behind, faults, nodesOnly } = account
  const published = ledger.size
  const reasons = new Map<Reason, number>()
  const baseless: string[] = []
  for (const step of testimonies.flatMap(({ notRecovered }) => notRecovered)) {
    const reason = ledger.reasonFor(step)
    if (reason === undefined || nodesOnly)
      baseless.push(`${text(step)}, as ${step.times} did, without a reason`)
    else reasons.set(reason, (reasons.get(reason) ?? 0) + step.times)
  }
  const back = testimonies
    .flatMap(({ wentBack }) => wentBack)
    .filter(
      ({ client, channel, from }) => !ledger.hasLost(channel === OWN ? ownPlace(client) : channel, from),
    )
    .map((step) => `${text(step)}: an older one after a newer one`)
  const seen = testimonies.flatMap((each) => each.seen)
  const found = [...baseless, ...back, ...behind, ...faults, ...ledger.differences(seen)]
  const sum = (of: (testimony: Testimony) => number) => testimonies.reduce((all, each) => all + of(each), 0)
  const longest = testimonies.map(({ longestSilence }) => longestSilence).toSorted((a, b) => b.ms - a.ms)[0]!
  const struck = (kind: string) => String(blows.filter(({ blow }) => blow.kind.startsWith(kind)).length)
  return {
    figures: [
      ['clients', String(clients)],
      ['messages published to streams', String(published)],
      ['messages received', String(sum(({ messages }) => messages))],
      ['nodes killed', struck('kill')],
      ['nodes drained', struck('drain')],
      ['nodes frozen', struck('freeze')],
      ['restarts of Redis', struck('restart')],
      ['connections cut, of one client in eight', struck('cut')],
      ['bursts that one client in eight is away from', struck('burst')],
      ['bursts that every second client comes back amid', struck('return')],
      ['reconnects', String(sum(({ reconnects }) => reconnects))],
      ['recovered: yes', String(sum(({ recovered }) => recovered))],
      ...[...reasons].map(([reason, times]): [string, string] => [`recovered: no, ${reason}`, String(times)]),
      ['longest time without a message', [seconds(longest.ms), longest.client, ...longest.events].join(', ')],
    ],
    differences: sum(({ differences }) => differences) + found.length,
    first: [...testimonies.flatMap(({ first }) => first), ...found],
  }
}

const text = ({ client, channel, from, to }: Step): string =>
  `${client}, ${channel}: from ${from.epoch} ${from.offset} to ${to.epoch} ${to.offset}`
