import { type Check, type Finding, type Verdict, bad } from '../../sinks/finding.ts'
import type { Config } from '../config.ts'
import type { KeyFlags } from '../keys.ts'
import { type ServiceToReach, ServiceAwayError, placeOf, remedyFor, requireServices } from '../reachable.ts'

/** What a look is taken with. */
export interface Around {
  config: Config
  flags: KeyFlags
  env: NodeJS.ProcessEnv
  /** This machine's clock, in ms since 1970. */
  now(): number
}

/** Findings of one service, in order. */
export interface Group {
  title: string
  findings: Finding[]
}

/** Looks at one service once, and answers what each check makes of it. It does not fail: what goes wrong is a finding. */
export type LookAtGroup = (around: Around) => Promise<Group>

/** All about one service: how it is looked at, and the checks of what has been seen. */
export function service<Seen>(
  name: ServiceToReach,
  title: string,
  look: (around: Around) => Promise<Seen>,
  checks: readonly Check<Seen>[],
): LookAtGroup {
  return async (around) => {
    const at = `${title} at ${placeOf(name, around.config)}`
    try {
      await requireServices(around.config, [name])
      const seen = await look(around)
      return { title: at, findings: checks.map((check) => check(seen)) }
    } catch (error) {
      return { title: at, findings: [{ name: 'answers', ...notSeen(name, error) }] }
    }
  }
}

/** All about what is on this machine. */
export function here<Seen>(
  title: string,
  look: (around: Around) => Promise<Seen>,
  checks: readonly Check<Seen>[],
): LookAtGroup {
  return async (around) => {
    const seen = await look(around)
    return { title, findings: checks.map((check) => check(seen)) }
  }
}

function notSeen(name: ServiceToReach, error: unknown): Verdict {
  const { message } = error as Error
  if (!(error instanceof ServiceAwayError)) {
    // ClickHouse's refusals end with a remedy of their own, behind words of the server.
    const [, found = message, remedy = 'look at its log, and at what its user may do'] =
      /^(.*) – (.*)$/s.exec(message) ?? []
    return bad(`it does not tell: ${found}`, remedy)
  }
  // Its own remedy comes behind what it says.
  const [found = message] = message.split(`: ${remedyFor(name)}`)
  return bad(found, remedyFor(name))
}
