import { type ClientInfo, listenerOf, nameOfChannel, presenceKey } from '../../../schemas/channels.ts'
import type { LeasedMembers } from '../leased-members.ts'

/** Tells Redis which listeners have a channel of their own on a screen here: to them the push stage sends nothing. */
export interface OnScreen {
  /** A client has a channel, by its place. */
  enter(place: string, info: ClientInfo): void
  /** It has it no more. */
  leave(place: string, info: ClientInfo): void
}

export function onScreen(keyPrefix: string, members: Pick<LeasedMembers, 'put' | 'take'>): OnScreen {
  const tell =
    (what: 'put' | 'take') =>
    (place: string, { client }: ClientInfo) => {
      const listener = listenerOf(place)
      if (listener === undefined) return
      members[what](presenceKey(keyPrefix, listener), `${client} ${nameOfChannel(place)}`)
    }
  return { enter: tell('put'), leave: tell('take') }
}
