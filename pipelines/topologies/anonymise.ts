import { topics } from '../../schemas/topics.ts'
import { type Topology, deduplicate, route, step, topology } from '../engine/index.ts'
import { stripPersonalData } from '../steps/strip-personal-data.ts'
import { validatePlay } from '../steps/validate-play.ts'

export interface AnonymiseOptions {
  /** 32 bytes: who has them can tell which pseudonym is whose. */
  pseudonymKey: Buffer
  /** How long an event id is remembered. */
  rememberMs: number
}

/**
 * The door: no personal data gets past it.
 * Kafka `plays` -> `plays-clean` (each play once, on the partition number it came from), `duplicate-plays`.
 */
export function anonymise({ pseudonymKey, rememberMs }: AnonymiseOptions): Topology {
  return topology('anonymise', ({ read }) =>
    read(topics.plays).pipe(
      step(validatePlay, 'validate'),
      step(stripPersonalData(pseudonymKey)),
      deduplicate({ id: (play) => play.eventId, rememberMs }),
      route(
        { first: topics.playsClean, duplicate: topics.duplicatePlays },
        { key: (play) => play.listener, partition: 'as-read' },
      ),
    ),
  )
}
