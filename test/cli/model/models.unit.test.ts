import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Models, servedMessage, trainedMessage } from '../../../cli/model/models.ts'
import { makeArtifact } from '../../../pipelines/model/artifact/make-artifact.ts'
import { crowds, playsOf, small } from '../../kit/model-plays.ts'

test('what is neither among the newest twenty, nor in service, nor on the way back, is outdated', async () => {
  const artifact = await makeArtifact(playsOf(crowds()), small)
  const models = new Models()
  const take = ({ key, value }: ReturnType<typeof trainedMessage>) =>
    models.take(key as string, value === null ? null : Buffer.from(value))
  const train = (trainedAt: number) =>
    take(
      trainedMessage({
        ...artifact,
        version: `v${trainedAt}`,
        metadata: { ...artifact.metadata, trainedAt },
      }),
    )
  const serve = (version: string) => take(servedMessage(version, models, 0))
  for (let at = 1; at <= 20; at++) train(at)
  assert.deepEqual(models.outdated, [])
  serve('v2')
  serve('v4')
  for (let at = 21; at <= 25; at++) train(at)
  assert.deepEqual(models.outdated, ['v5', 'v3', 'v1'])
  for (let back = 0; back < 20; back++) serve(`v${6 + back}`)
  assert.deepEqual(models.outdated, ['v5', 'v3', 'v2', 'v1'])
})
