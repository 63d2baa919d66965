import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requirePlatform } from '../../../stack/services/clickhouse.ts'

const machine = (platform: NodeJS.Platform, arch: NodeJS.Architecture, header: object) =>
  ({ platform, arch, report: { getReport: () => ({ header }) } }) as unknown as NodeJS.Process

test('a machine on which the engine does not run is told what to use instead', () => {
  requirePlatform(machine('linux', 'x64', { glibcVersionRuntime: '2.36' }))
  for (const other of [
    machine('linux', 'x64', {}),
    machine('linux', 'arm64', {}),
    machine('darwin', 'x64', {}),
  ])
    assert.throws(() => requirePlatform(other), {
      code: 'platform_unsupported',
      remedy: /^set CLICKHOUSE_URL to a ClickHouse server/,
    })
})
