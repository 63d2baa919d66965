import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StackError } from '../errors.ts'
import { cached, type Downloads } from './cache.ts'
import { findProgram, runTool } from './run-tool.ts'

/**
 * Fetches libraries with all that they need at run time.
 * @param artifacts pinned, `group:artifact:version`; the first names the folder
 * @returns the folder of the jars
 */
export async function fetchJars(
  downloads: Downloads,
  artifacts: [string, ...string[]],
  what: string,
): Promise<string> {
  const [, artifact, version] = artifacts[0].split(':')
  return cached(downloads, `${artifact}-${version}`, `${what} (Maven ${artifacts[0]})`, async (folder) => {
    const pom = join(folder, 'pom.xml')
    await writeFile(pom, pomOf(artifacts))
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${folder}`, '-DincludeScope=runtime']
    await maven(['-f', pom, ...goal], what, downloads)
  })
}

/**
 * Fetches one `.tar.gz` artifact and unpacks it.
 * @param artifact pinned, `group:artifact:version:tar.gz:classifier`
 * @returns the folder it was unpacked into
 */
export async function fetchArchive(downloads: Downloads, artifact: string, what: string): Promise<string> {
  const [, name, version] = artifact.split(':')
  return cached(downloads, `${name}-${version}`, `${what} (Maven ${artifact})`, async (folder) => {
    const copy = [
      'dependency:copy',
      `-Dartifact=${artifact}`,
      '-Dmdep.stripVersion=true',
      '-Dmdep.stripClassifier=true',
    ]
    await maven([...copy, `-DoutputDirectory=${folder}`], what, downloads)
    const archive = join(folder, `${name}.tar.gz`)
    await runTool('tar', ['-xzf', archive, '-C', folder], downloads)
    await runTool('rm', [archive], downloads)
  })
}

async function maven(args: string[], what: string, downloads: Downloads): Promise<void> {
  const program = findProgram(['mvn'], downloads.env)
  if (!program)
    throw new StackError(
      'maven_missing',
      `no Maven (mvn) on the PATH to fetch ${what} with`,
      'install Maven, for example by "apt-get install maven" or "brew install maven"',
    )
  try {
    await runTool(program, ['--batch-mode', '--quiet', '--no-transfer-progress', ...args], downloads)
  } catch (error) {
    throw new StackError(
      'download_failed',
      `${what} could not be downloaded with Maven (${(error as Error).message})`,
      'check the network, or ~/.m2/settings.xml if this machine reaches Maven Central through a mirror, and start again',
      error,
    )
  }
}

function pomOf(artifacts: string[]): string {
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':')
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`
  })
  return (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' +
    '<groupId>continuo</groupId><artifactId>stack</artifactId><version>1</version><packaging>pom</packaging>' +
    `<dependencies>${dependencies.join('')}</dependencies></project>`
  )
}
