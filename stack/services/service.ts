import type { Downloads } from '../downloads/cache.ts'

export const serviceNames = ['kafka', 'schemaRegistry', 'redis', 'clickhouse'] as const

/** The services that Continuo stands on. */
export type ServiceName = (typeof serviceNames)[number]

export interface ServiceContext {
  port: number
  /** The service's own folder, which exists. */
  folder: string
  downloads: Downloads
}

/** The program of a service, ready to be started. */
export interface Command {
  file: string
  args: string[]
  env: NodeJS.ProcessEnv
  ipc?: boolean
}

/** How one service is brought up on this machine. */
export interface ServiceDefinition {
  /** As a person reads it. */
  title: string
  defaultPort: number
  /** The variable that moves it to another port. */
  portVariable: string
  /** The variable that names one's own service instead. */
  urlVariable: string
  url(port: number): string
  /** Fetches what is missing and prepares the folder. */
  prepare(context: ServiceContext): Promise<Command>
  /** Whether it serves requests; false or a rejection while it does not. */
  answers(port: number): Promise<boolean>
}
