import type { LimitSettings } from '../../gateway/live/limits/limits.ts'
import type { Config } from '../config.ts'

/** What clients of a gateway may do how often, and have. */
export function clientLimits(config: Config): LimitSettings {
  const set = {
    connectsPerMinute: config.GATEWAY_CONNECTS_PER_MINUTE,
    commandsPerMinute: config.GATEWAY_COMMANDS_PER_MINUTE,
    publishesPerMinute: config.GATEWAY_PUBLISHES_PER_MINUTE,
    socketsPerAddress: config.GATEWAY_SOCKETS_PER_ADDRESS,
    sockets: config.GATEWAY_SOCKETS,
  }
  const limited = Object.entries(set).filter(([, limit]) => limit > 0)
  return {
    ...(Object.fromEntries(limited) as Partial<typeof set>),
    trustedProxies: config.GATEWAY_TRUSTED_PROXIES,
    failOpen: config.GATEWAY_LIMITS_FAIL_OPEN,
  }
}
