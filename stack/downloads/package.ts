import { createHash } from 'node:crypto'
import { createReadStream, globSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { StackError } from '../errors.ts'
import { cached, type Downloads } from './cache.ts'
import { findProgram, runTool } from './run-tool.ts'

export interface NpmPackage {
  /** Pinned, as npm writes it: `name@version`. */
  npm: string
  /** What its archive must hash to, as a lockfile has it: `sha512-` and base64. */
  integrity: string
}

/**
 * Fetches an npm package alone, without what it depends on.
 * @returns the folder it was unpacked into
 * @throws StackError `npm_missing` or `download_failed`
 */
export function fetchPackage(
  downloads: Downloads,
  { npm, integrity }: NpmPackage,
  what: string,
): Promise<string> {
  const name = npm.replace(/^@/, '').replace('/', '-').replace('@', '-')
  return cached(downloads, name, `${what} (npm ${npm})`, async (folder) => {
    const program = findProgram(['npm'], downloads.env)
    if (!program)
      throw new StackError('npm_missing', `no npm on the PATH to fetch ${what} with`, 'install Node with npm')
    try {
      await runTool(program, ['pack', npm, '--silent', '--pack-destination', folder], downloads)
    } catch (error) {
      throw new StackError(
        'download_failed',
        `${npm} could not be downloaded with npm (${(error as Error).message})`,
        'check the network, or ~/.npmrc if this machine reaches npm through a mirror, and start again',
        error,
      )
    }
    const [archive = ''] = globSync(join(folder, '*.tgz'))
    if ((await sha512(archive)) !== integrity)
      throw new StackError(
        'download_failed',
        `${npm} is not what it was when it was chosen: its hash differs`,
        'check the mirror from which npm fetches, and start again',
      )
    await runTool('tar', ['-xzf', archive, '--strip-components=1', '-C', folder], downloads)
    await runTool('rm', [archive], downloads)
  })
}

async function sha512(file: string): Promise<string> {
  const hash = createHash('sha512')
  await pipeline(createReadStream(file), hash)
  return `sha512-${hash.digest('base64')}`
}
