import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { topicMigrations } from '../../schemas/migrations/index.ts'
import { type TopicToCreate, topics } from '../../schemas/topics.ts'

const folder = join(import.meta.dirname, '../../schemas/migrations')
const created = topicMigrations.flat()

test('each topic is created by exactly one migration', () => {
  for (const { name } of Object.values(topics)) {
    const times = created.filter(({ topic }) => topic.name === name).length
    assert.equal(
      times,
      1,
      times === 0
        ? `${name} is in no migration, so that nothing would create it: list it in a new file schemas/migrations/00N-<what>.ts, and that in schemas/migrations/index.ts`
        : `${name} is in ${times} migrations: take it out of the newer one, for a released one never changes`,
    )
  }
})

test('every migration is in the index, in the order of the numbers', async () => {
  const files = readdirSync(folder).filter((file) => /^\d{3}-.*\.ts$/.test(file))
  for (const [at, file] of files.sort().entries()) {
    const exported = Object.values(
      (await import(join(folder, file))) as Record<string, readonly TopicToCreate[]>,
    )
    assert.ok(
      exported.includes(topicMigrations[at]!),
      `schemas/migrations/${file} is not number ${at + 1} of schemas/migrations/index.ts: add it there`,
    )
  }
  assert.equal(topicMigrations.length, files.length)
})

test('topics that are spread by the same thing have the same number of partitions', () => {
  const counts = new Map<string, TopicToCreate>()
  for (const each of created) {
    const { topic, partitions } = each
    const other = counts.get(topic.partitioning) ?? each
    counts.set(topic.partitioning, other)
    assert.equal(
      partitions,
      other.partitions,
      `${topic.name} and ${other.topic.name} are both spread by ${topic.partitioning}: give them the same partitions in schemas/migrations, or another word in schemas/topics.ts`,
    )
  }
})
