import type { ChainableCommander } from 'ioredis'
import type { RedisClient } from './redis-servers.ts'

/** A script in Lua, which Redis runs as one step. */
export interface Script {
  lua: string
  /** How many of its arguments are keys: the first ones. */
  numberOfKeys: number
}

export type ScriptArgument = string | number

/** Scripts by their names: what each takes, its keys first, and what it answers. */
export type ScriptCalls<Calls> = { [Name in keyof Calls]: (...args: never[]) => Promise<unknown> }

/** The same in a pipeline, whose `exec` answers them in their order. */
type PipelinedCalls<Calls> = {
  [Name in keyof Calls]: Calls[Name] extends (...args: infer Args) => unknown
    ? (...args: Args) => ChainableCommander
    : never
}

/** A connection that has scripts as it has commands, alone and in pipelines. */
export type Scripted<Calls> = Calls & {
  pipeline(): ChainableCommander & PipelinedCalls<Calls>
} & RedisClient

/**
 * The same connection with scripts as commands of it; others that it has stay. They go by their hash, and in full to a server that does not
 * know them.
 */
export function withScripts<Calls extends ScriptCalls<Calls>>(
  redis: RedisClient,
  scripts: Readonly<Record<keyof Calls, Script>>,
): Scripted<Calls> {
  for (const [name, script] of Object.entries<Script>(scripts)) redis.defineCommand(name, script)
  return redis as Scripted<Calls>
}
