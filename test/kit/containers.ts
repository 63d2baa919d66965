import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DockerComposeEnvironment, Wait, type StartedDockerComposeEnvironment } from 'testcontainers'
import { freePort } from '../../stack/ports.ts'
import { serviceDefinitions, serviceNames, type ServiceName } from '../../stack/index.ts'
import type { ServiceUrls } from './services.ts'

const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

/** Whether a Docker engine answers on this machine. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await promisify(execFile)('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 5000 })
    return true
  } catch {
    return false
  }
}

/** The services of docker-compose.yml, on free ports. */
export async function startContainers({
  progress,
}: {
  progress(line: string): void
}): Promise<{ urls: ServiceUrls; stop(): Promise<void> }> {
  const ports = new Map<ServiceName, number>()
  for (const name of serviceNames) ports.set(name, await freePort())
  progress('Starting the services as containers …')
  const environment = await composed(ports)
  const url = (name: ServiceName) => serviceDefinitions[name].url(ports.get(name) ?? 0)
  return {
    urls: {
      kafkaBrokers: url('kafka'),
      schemaRegistryUrl: url('schemaRegistry'),
      redisUrl: url('redis'),
      clickhouseUrl: url('clickhouse'),
    },
    async stop() {
      await environment.down()
    },
  }
}

function composed(ports: Map<ServiceName, number>): Promise<StartedDockerComposeEnvironment> {
  const portVariables = Object.fromEntries(
    serviceNames.map((name) => [serviceDefinitions[name].portVariable, String(ports.get(name))]),
  )
  return new DockerComposeEnvironment(projectRoot, 'docker-compose.yml')
    .withEnvironment(portVariables)
    .withDefaultWaitStrategy(Wait.forHealthCheck())
    .up()
}
