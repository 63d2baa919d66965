import type { Admin, Kafka } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Runs `work` with an admin client that is closed afterwards; runs it again while the brokers ask for that, so it has to be
 * safe to repeat.
 */
export async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await onceSettled(() => work(admin))
  } finally {
    await admin.disconnect()
  }
}

/** Whether a topic of this name is there. */
export const topicExists = (kafka: Kafka, topic: string): Promise<boolean> =>
  withAdmin(kafka, async (admin) => (await admin.listTopics()).includes(topic))

const SETTLING_MS = 30_000
const RETRY_MS = 50

/**
 * A topic that was just created reaches the brokers one by one, and a partition may be between two leaders: until then they
 * deny that it exists, or that it has one. kafkajs's admin gives up at the first such answer.
 */
async function onceSettled<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + SETTLING_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if ((error as { retriable?: boolean }).retriable !== true || performance.now() > deadline) throw error
      await delay(RETRY_MS)
    }
  }
}
