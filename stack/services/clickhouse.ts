import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fetchPackage } from '../downloads/package.ts'
import { StackError } from '../errors.ts'
import versions from '../versions.json' with { type: 'json' }
import type { ServiceDefinition } from './service.ts'

const program = fileURLToPath(new URL('../clickhouse/main.ts', import.meta.url))

/** ClickHouse's engine in a process of ours, behind ClickHouse's HTTP interface. */
export const clickhouse: ServiceDefinition = {
  title: 'ClickHouse',
  defaultPort: 8123,
  portVariable: 'CONTINUO_CLICKHOUSE_PORT',
  urlVariable: 'CLICKHOUSE_URL',
  url: (port) => `http://127.0.0.1:${port}`,
  async prepare({ port, folder, downloads }) {
    requirePlatform()
    const engine = await fetchPackage(downloads, versions.clickhouse, 'ClickHouse')
    return {
      file: process.execPath,
      args: [program, String(port), join(folder, 'data'), engine],
      // Each running query holds a thread of libuv's pool, four by default.
      env: { ...downloads.env, UV_THREADPOOL_SIZE: '16' },
      ipc: true,
    }
  },
  async answers(port) {
    const response = await fetch(`http://127.0.0.1:${port}/ping`, { signal: AbortSignal.timeout(2000) })
    return (await response.text()).startsWith('Ok.')
  },
}

interface Report {
  header: { glibcVersionRuntime?: string }
}

/** @throws StackError `platform_unsupported` where the embedded engine does not run. */
export function requirePlatform({ platform, arch, report } = process): void {
  const { header } = report.getReport() as Report
  if (platform === 'linux' && arch === 'x64' && header.glibcVersionRuntime !== undefined) return
  throw new StackError(
    'platform_unsupported',
    `the embedded ClickHouse is made for Linux on x64 with glibc, this is ${platform} on ${arch}`,
    'set CLICKHOUSE_URL to a ClickHouse server, for example by "docker compose up clickhouse"',
  )
}
