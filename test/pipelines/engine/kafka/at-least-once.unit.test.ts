import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kafka, TopicMessages } from 'kafkajs'
import { AtLeastOnce } from '../../../../pipelines/engine/kafka/at-least-once.ts'
import { NotOwnerError } from '../../../../pipelines/engine/kafka/consume-partitions.ts'
import { createErrorFromCode } from '../../../../pipelines/engine/kafka/protocol.ts'
import { NotCommitted } from '../../../../pipelines/engine/kafka/refusals.ts'
import { outgoingOf } from '../../../kit/outgoing.ts'

/** Commits an output and a change of state; `fails` at a step. Keeps the steps. */
function delivering(fails: (step: string) => void = () => undefined) {
  const steps: string[] = []
  function step(name: string): Promise<void> {
    fails(name)
    steps.push(name)
    return Promise.resolve()
  }
  const kafka = {
    producer: () => ({
      connect: () => step('connect'),
      disconnect: () => step('disconnect'),
      sendBatch: ({ topicMessages }: { topicMessages: TopicMessages[] }) =>
        step(`send ${topicMessages.map(({ topic }) => topic).join()}`).then(() => []),
    }),
  } as unknown as Kafka
  const delivery = new AtLeastOnce({
    kafka,
    topicPrefix: 'p.',
    isChangelog: (topic) => topic === 'changelog',
    commitOffsets: ([each]) => step(`offset ${each?.offset}`),
  })
  const record = { partition: 0, key: 'k', value: null }
  const commit = () =>
    delivery.commit({
      lowest: 0,
      outgoing: outgoingOf([
        { ...record, topic: 'changelog' },
        { ...record, topic: 'output' },
      ]),
      offsets: {
        groupId: 'group',
        member: { memberId: 'm', generationId: 1 },
        offsets: [{ topic: 'plays', partition: 0, offset: 7n }],
      },
    })
  return { delivery, commit, steps }
}

const refused = (refusal: string, written: boolean) => (error: unknown) =>
  error instanceof NotCommitted && error.refusal === refusal && error.written === written

test('outputs are there before the state that remembers them, and both before the offsets', async () => {
  const { delivery, commit, steps } = delivering()
  await commit()
  await commit()
  await delivery.forget()
  const each = ['send p.output', 'send p.changelog', 'offset 7']
  assert.deepEqual(steps, ['connect', ...each, ...each, 'disconnect'])
})

test('what has not been written is written again by a new producer; offsets alone are not', async () => {
  let left = 1
  const fails = (at: string, code: number) => (step: string) => {
    if (step === at && left-- > 0) throw createErrorFromCode(code)
  }
  const early = delivering(fails('send p.changelog', 6))
  await assert.rejects(early.commit(), refused('brokers', false))
  assert.deepEqual(early.steps, ['connect', 'send p.output', 'disconnect'])

  left = 1
  const late = delivering(fails('offset 7', 16))
  await assert.rejects(late.commit(), refused('brokers', true))
  assert.deepEqual(late.steps, ['connect', 'send p.output', 'send p.changelog'])
})

test('offsets of partitions that are another’s are for the group to settle', async () => {
  const moved = delivering((step) => {
    if (step === 'offset 7') throw new NotOwnerError('plays:0')
  })
  await assert.rejects(moved.commit(), refused('group', true))
  const illegal = delivering((step) => {
    if (step === 'offset 7') throw createErrorFromCode(22)
  })
  await assert.rejects(illegal.commit(), refused('group', true))
})

test('what no other time makes better ends the process', async () => {
  const { commit } = delivering((step) => {
    if (step === 'send p.output') throw createErrorFromCode(29)
  })
  await assert.rejects(commit(), { type: 'TOPIC_AUTHORIZATION_FAILED' })
})
