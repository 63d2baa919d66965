import { Counter, type Registry } from 'prom-client'

/** How limits are seen to hold. */
export interface LimitMetrics {
  refused(limit: string): void
  /** Could not be counted. */
  unknown(limit: string, isLetThrough: boolean): void
}

/** Registers the metrics of limits. */
export function limitMetrics(registry: Registry): LimitMetrics {
  const registers = [registry]
  const refused = new Counter({
    name: 'continuo_gateway_limited_total',
    help: 'What was refused since it was too much, by limit',
    labelNames: ['limit'],
    registers,
  })
  const unknown = new Counter({
    name: 'continuo_gateway_limits_unknown_total',
    help: 'What could not be counted, as Redis did not answer, by limit, and whether it was let through',
    labelNames: ['limit', 'outcome'],
    registers,
  })
  return {
    refused: (limit) => refused.inc({ limit }),
    unknown: (limit, isLetThrough) =>
      unknown.inc({ limit, outcome: isLetThrough ? 'let_through' : 'refused' }),
  }
}
