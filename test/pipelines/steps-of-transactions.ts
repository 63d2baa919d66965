import type { Kafka, Transaction } from 'kafkajs'

/** Calls `done` after each step of each transaction of this client: rows sent, offsets sent, committed. What it throws fails the step. */
export function afterEachStep(kafka: Kafka, done: () => void): void {
  const producer = kafka.producer.bind(kafka)
  kafka.producer = (config) => {
    const made = producer(config)
    const begin = made.transaction.bind(made)
    made.transaction = async () => watched(await begin(), done)
    return made
  }
}

function watched(transaction: Transaction, done: () => void): Transaction {
  for (const step of ['sendBatch', 'sendOffsets', 'commit'] as const) {
    const take = transaction[step].bind(transaction) as (argument: unknown) => Promise<unknown>
    Object.assign(transaction, {
      [step]: async (argument: unknown) => {
        const result = await take(argument)
        done()
        return result
      },
    })
  }
  return transaction
}
