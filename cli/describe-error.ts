import pino from 'pino'
import { isExplained } from './errors.ts'

interface DescribedError {
  type: string
  message: string
  code?: unknown
  stack?: string
  aggregateErrors?: DescribedError[]
}

/** An error as a log has it; one that its reader can mend has no stack, which would only hide its remedy. */
export function describeError(error: Error): DescribedError {
  const explained: boolean = isExplained(error)
  if (explained) return { type: error.name, message: error.message }
  // What else clients put into their errors – ioredis the command, with its password or its keys – is nobody's to read.
  const { type, message, stack, code } = pino.stdSerializers.err(error)
  const all = error instanceof AggregateError ? error.errors.filter((each) => each instanceof Error) : []
  return {
    type,
    message,
    code: code as unknown,
    stack,
    ...(all.length > 0 && { aggregateErrors: all.map(describeError) }),
  }
}
