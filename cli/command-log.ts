import pino from 'pino'
import type { Config } from './config.ts'
import { describeError } from './describe-error.ts'

/** The log of a command that a person waits for, beside what it prints: as quiet as `unasked` unless `LOG_LEVEL` asks for another level. */
export function commandLog(
  name: string,
  { LOG_LEVEL }: Pick<Config, 'LOG_LEVEL'>,
  unasked: pino.LevelWithSilent = 'warn',
): pino.Logger {
  const level = LOG_LEVEL === 'info' ? unasked : LOG_LEVEL
  return pino({ name, level, serializers: { err: describeError } }, pino.destination(2))
}
