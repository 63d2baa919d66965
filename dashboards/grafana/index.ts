import { gateway } from './gateway.ts'
import { pipeline } from './pipeline.ts'
import { plays } from './plays.ts'

/** The dashboards for Grafana, by the file of `dashboards/grafana/json/` that each is. */
export const dashboards = { pipeline, plays, gateway }
