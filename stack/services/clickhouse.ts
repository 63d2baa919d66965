import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireEngine } from '../clickhouse/binding.ts'
import type { ServiceDefinition } from './service.ts'

const program = fileURLToPath(new URL('../clickhouse/main.ts', import.meta.url))

/** ClickHouse's engine in a process of ours, behind ClickHouse's HTTP interface. */
export const clickhouse: ServiceDefinition = {
  title: 'ClickHouse',
  defaultPort: 8123,
  portVariable: 'CONTINUO_CLICKHOUSE_PORT',
  urlVariable: 'CLICKHOUSE_URL',
  url: (port) => `http://127.0.0.1:${port}`,
  prepare({ port, folder, downloads }) {
    requireEngine()
    return Promise.resolve({
      file: process.execPath,
      args: [program, String(port), join(folder, 'data')],
      // Each running query holds a thread of libuv's pool, four by default.
      env: { ...downloads.env, UV_THREADPOOL_SIZE: '16' },
      ipc: true,
    })
  },
  async answers(port) {
    const response = await fetch(`http://127.0.0.1:${port}/ping`, { signal: AbortSignal.timeout(2000) })
    return (await response.text()).startsWith('Ok.')
  },
}
