import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writtenFiles } from './written-files.ts'

/** `npm run metrics:write`: the page of metrics, and the dashboards for Grafana. */
const root = join(import.meta.dirname, '../..')
mkdirSync(join(root, 'dashboards/grafana/json'), { recursive: true })
for (const [path, text] of writtenFiles()) writeFileSync(join(root, path), text)
