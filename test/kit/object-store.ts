import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Downloads, cacheFolder } from '../../stack/downloads/cache.ts'
import { findJava } from '../../stack/downloads/java.ts'
import { fetchJars } from '../../stack/downloads/maven.ts'
import { freePort } from '../../stack/ports.ts'
import { until } from './until.ts'

const S3_PROXY = 'org.gaul:s3proxy:4.1.0'
/** It asks for an older one than its own Jackson needs. */
const ANNOTATIONS = 'com.fasterxml.jackson.core:jackson-annotations:2.21'

/**
 * A server that speaks Amazon's S3 API and checks its signatures (S3Proxy), with buckets in a temporary folder.
 * @returns what programs have in their environment to reach it
 */
export async function startObjectStore(buckets: readonly string[]) {
  const { env } = process
  const progress = () => undefined
  const downloads: Downloads = {
    folder: cacheFolder(env),
    env,
    progress,
    signal: AbortSignal.timeout(600_000),
  }
  const jars = await fetchJars(downloads, [S3_PROXY, ANNOTATIONS], 'S3Proxy')
  const java = await findJava(17, downloads)
  const folder = await mkdtemp(join(tmpdir(), 'continuo-objects-'))
  for (const bucket of buckets) await mkdir(join(folder, 'objects', bucket), { recursive: true })
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const [identity, credential] = ['who', 'secret']
  const properties = {
    's3proxy.endpoint': endpoint,
    's3proxy.authorization': 'aws-v4',
    's3proxy.identity': identity,
    's3proxy.credential': credential,
    'jclouds.provider': 'filesystem-nio2',
    'jclouds.filesystem.basedir': join(folder, 'objects'),
  }
  const file = join(folder, 's3proxy.properties')
  await writeFile(
    file,
    Object.entries(properties)
      .map((pair) => `${pair.join('=')}\n`)
      .join(''),
  )
  const jvm = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*')]
  const server = spawn(java, [...jvm, 'org.gaul.s3proxy.Main', '--properties', file], { stdio: 'ignore' })
  await until(() => fetch(endpoint), { within: 60_000, what: 'S3Proxy to answer' })

  return {
    env: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: 'eu-north-1',
      AWS_ACCESS_KEY_ID: identity,
      AWS_SECRET_ACCESS_KEY: credential,
    },
    async close(): Promise<void> {
      server.kill('SIGKILL')
      await once(server, 'exit')
      await rm(folder, { recursive: true })
    },
  }
}
