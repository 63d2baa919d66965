import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'
import { type ProduceRequest, carriesBatches } from './produce-batches.ts'

type Send = (request: { transactionalId?: string | null }) => Promise<unknown>

interface BrokerClass {
  prototype: {
    produce: (request: ProduceRequest) => Promise<unknown>
    addPartitionsToTxn: Send
    addOffsetsToTxn: Send
  }
}

/** The previous transaction of a producer takes about so long to be completed by the brokers. */
const RETRY_MS = 5

/** The kind of a broker's answer that is an error, as the protocol names it. */
export const errorType = (error: unknown) => (error as { type?: string }).type ?? ''

/** A request of a transaction, or one that carries batches, has failed. */
export class TransactionalRequestError extends Error {
  override readonly name = 'TransactionalRequestError'
  /** kafkajs repeats what does not say so. */
  readonly retriable = false

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** Asks a broker again, after so many ms each time, for as long as it answers with this error, as the protocol names it. */
export async function askWhile<T>(type: string, retryMs: number, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (errorType(error) !== type) throw error
      await delay(retryMs)
    }
  }
}

const onceCompleted = <T>(ask: () => Promise<T>): Promise<T> =>
  askWhile('CONCURRENT_TRANSACTIONS', RETRY_MS, ask)

/**
 * Lets a transaction wait for the one before it, and fail as a whole if one of its requests does. kafkajs sends records to
 * several brokers at a time and begins all over when one of them fails, although what went to another is still on its way:
 * that one then writes the same records twice, under sequence numbers that differ. Batches of ours are sent once anyway.
 */
export function installTransactionalRequests(): void {
  const Broker = createRequire(import.meta.url)('kafkajs/src/broker') as BrokerClass
  const { produce, addPartitionsToTxn, addOffsetsToTxn } = Broker.prototype
  const fail = (error: unknown) => {
    throw new TransactionalRequestError(error)
  }
  Broker.prototype.addPartitionsToTxn = function addPartitionsOnce(request) {
    return onceCompleted(() => addPartitionsToTxn.call(this, request)).catch(fail)
  }
  Broker.prototype.addOffsetsToTxn = function addOffsetsOnce(request) {
    return onceCompleted(() => addOffsetsToTxn.call(this, request))
  }
  Broker.prototype.produce = function produceOnce(request) {
    const produced = produce.call(this, request)
    return carriesBatches(request) || typeof request.transactionalId === 'string'
      ? produced.catch(fail)
      : produced
  }
}
