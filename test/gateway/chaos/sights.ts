import type { Position } from '../../../gateway/live/protocol/position.ts'
import type { Who, Witness } from './witness.ts'

/** What one client sees of one channel. */
export interface Sight {
  /** Where it stands; undefined until it is subscribed. */
  position: Readonly<Position> | undefined
  /** Of what it got last. */
  serial: number
  subscribed(context: Subscribed): void
  published(offset: number, serial: number): void
}

interface Subscribed {
  streamPosition?: Position
  wasRecovering: boolean
  recovered: boolean
}

const NOWHERE: Position = { epoch: '', offset: 0 }

/** Of a channel in which every message counts: none is left out, none comes twice, other than where the client is told that it has not recovered. */
export function streamSight(witness: Witness, who: Who): Sight {
  const differs = (what: string) => witness.differs(who, what)
  const sight: Sight = {
    position: undefined,
    serial: 0,

    subscribed({ streamPosition: to = NOWHERE, wasRecovering, recovered }) {
      const from = sight.position
      sight.position = to
      if (from === undefined) return
      if (!wasRecovering) differs(`came back to ${text(to)} without recovering from ${text(from)}`)
      else if (!recovered) witness.notRecovered({ ...who, from, to })
      else {
        witness.recovered++
        if (text(from) !== text(to)) differs(`recovered from ${text(to)}, and stood at ${text(from)}`)
      }
    },

    published(offset, serial) {
      const { epoch, offset: before } = sight.position!
      witness.heard(who.client)
      const gap = offset - before - 1
      if (gap < 0) differs(`${serial} at ${epoch} ${offset} comes again, behind ${before}`)
      else if (gap > 0) differs(`${serial} at ${epoch} ${offset} comes behind ${before}: a gap of ${gap}`)
      sight.position = { epoch, offset: Math.max(before, offset) }
      sight.serial = serial
      witness.saw(who, { epoch, offset }, serial)
    },
  }
  return sight
}

/** Of a channel whose newest message says all: none that is older comes after one that is newer, and none twice in an epoch. */
export function newestSight(witness: Witness, who: Who): Sight {
  let last: Position | undefined
  const sight: Sight = {
    position: undefined,
    serial: 0,

    subscribed({ streamPosition = NOWHERE, wasRecovering, recovered }) {
      const isFirst = sight.position === undefined
      sight.position = streamPosition
      if (isFirst) return
      if (wasRecovering && recovered) witness.recovered++
      else witness.differs(who, 'is not recovered, where the newest is enough')
    },

    published(offset, serial) {
      witness.heard(who.client)
      const to = { epoch: sight.position!.epoch, offset }
      const isAgain = last?.epoch === to.epoch && (serial === sight.serial || offset <= last.offset)
      if (last && (serial < sight.serial || isAgain)) witness.wentBack({ ...who, from: last, to })
      last = sight.position = to
      sight.serial = serial
    },
  }
  return sight
}

const text = ({ epoch, offset }: Position): string => `${epoch} ${offset}`
