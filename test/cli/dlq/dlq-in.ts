import type { TestContext } from 'node:test'
import { runCli } from '../../gateway/kit/cli.ts'
import { type KafkaRoom, roomKeys } from '../../pipelines/kafka-room.ts'

const KEY = roomKeys.deadLetterKey.bytes.toString('base64')

/** `continuo dlq …` on a room, by its key if no other is given. */
export function startDlq(t: TestContext, { address }: KafkaRoom, args: string[], letterKey = KEY) {
  return runCli(t, ['dlq', ...args], {
    TOPIC_PREFIX: address.topicPrefix,
    APPLICATION_ID: address.applicationId,
    LOG_LEVEL: 'info',
    DEAD_LETTER_KEY: letterKey,
  })
}

/** What it has said, and its exit code, at its end. */
export async function dlqIn(t: TestContext, room: KafkaRoom, ...args: string[]) {
  const { ended, stdout, stderr, process } = startDlq(t, room, args)
  process.stdin?.end()
  const code = await ended
  return { code, stdout: stdout(), stderr: stderr(), all: stdout() + stderr() }
}
