import { createRequire } from 'node:module'

interface ErrorCode {
  type: string
  code: number
  retriable: boolean
  message: string
}

/** What brokers may answer that kafkajs is too old to know, and would call unknown. */
const LATER: ErrorCode[] = [
  {
    type: 'PRODUCER_FENCED',
    code: 90,
    retriable: false,
    message: 'There is a newer producer with the same transactional id which fences the current one',
  },
  {
    type: 'TRANSACTION_ABORTABLE',
    code: 120,
    retriable: true,
    message: 'The transaction has to be aborted, and may be tried again',
  },
]

/** Teaches kafkajs the names of later errors (Kafka 2.7, KIP-588; Kafka 3.8, KIP-890). */
export function installErrorNames(): void {
  const { errorCodes } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
    errorCodes: ErrorCode[]
  }
  const known = new Set(errorCodes.map(({ code }) => code))
  errorCodes.push(...LATER.filter(({ code }) => !known.has(code)))
}
