import { join } from 'node:path'
import { findJava } from '../downloads/java.ts'
import { fetchArchive } from '../downloads/maven.ts'
import { freePort } from '../ports.ts'
import versions from '../versions.json' with { type: 'json' }
import { javaVersion, keepClasses } from './jvm.ts'
import type { Command, ServiceContext, ServiceDefinition } from './service.ts'

/** Apicurio, which speaks the Confluent schema registry's API; its schemas live in an H2 file. */
export const schemaRegistry: ServiceDefinition = {
  title: 'Schema registry',
  defaultPort: 8081,
  portVariable: 'CONTINUO_SCHEMA_REGISTRY_PORT',
  urlVariable: 'SCHEMA_REGISTRY_URL',
  url: (port) => `http://127.0.0.1:${port}/apis/ccompat/v7`,
  prepare,
  async answers(port) {
    const response = await fetch(`${schemaRegistry.url(port)}/subjects`, {
      signal: AbortSignal.timeout(2000),
    })
    await response.arrayBuffer()
    return response.ok
  },
}

async function prepare({ port, folder, downloads }: ServiceContext): Promise<Command> {
  const [java, application] = await Promise.all([
    findJava(javaVersion, downloads),
    fetchArchive(downloads, versions.schemaRegistry.maven, 'Apicurio schema registry'),
  ])
  return {
    file: java,
    args: [
      '-Xmx384m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      ...keepClasses(downloads, 'schema-registry'),
      '-jar',
      join(application, 'quarkus-run.jar'),
    ],
    env: {
      ...downloads.env,
      APICURIO_STORAGE_KIND: 'sql',
      APICURIO_STORAGE_SQL_KIND: 'h2',
      // H2 writes a commit to the file after half a second unless told otherwise: a kill would lose a registered schema.
      APICURIO_DATASOURCE_URL: `jdbc:h2:file:${join(folder, 'schemas')};DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0`,
      APICURIO_DATASOURCE_USERNAME: 'sa',
      APICURIO_DATASOURCE_PASSWORD: 'sa',
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(port),
      QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
      QUARKUS_HTTP_ACCESS_LOG_ENABLED: 'false',
      QUARKUS_LOG_LEVEL: 'WARN',
      QUARKUS_MANAGEMENT_PORT: String(await freePort()),
    },
  }
}
