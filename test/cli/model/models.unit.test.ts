import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { Models, servedMessage, trainedMessage } from '../../../cli/model/models.ts'
import { type Artifact, makeArtifact } from '../../../pipelines/model/artifact/make-artifact.ts'
import { crowds, playsOf, small } from '../../kit/model-plays.ts'

let artifact: Artifact
before(async () => {
  artifact = await makeArtifact(playsOf(crowds()), small)
})

test('what is neither among the newest twenty, nor in service, nor on the way back, is outdated', () => {
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

const values = ['null', '5', '"x"', '[]', '{}', '{"version":"x"}', '{"version":1,"before":[]}', '{{', '']

/** What a topic says that has a model in service, and then a record that this release does not know. */
function modelsWith(key: string, value: string): Models {
  const models = new Models()
  const known = [trainedMessage(artifact), servedMessage(artifact.version, models, 1)]
  for (const each of known) models.take(String(each.key), Buffer.from(String(each.value)))
  models.take(key, Buffer.from(value))
  return models
}

test('what is written of a model and is not of its form is none, and the others are there', () => {
  for (const value of values) {
    const { trained, inService } = modelsWith('20260102T000000Z-aaaaaaaa', value)
    assert.deepEqual(
      trained.map(({ version }) => version),
      [artifact.version],
      value,
    )
    assert.equal(inService?.version, artifact.version)
  }
})

test('where it is not to be read which model is in service, none is, and another can take its place', () => {
  for (const value of values) {
    const models = modelsWith('in-service', value)
    assert.equal(models.inService, undefined, value)
    const { value: written } = servedMessage(artifact.version, models, 2)
    assert.deepEqual(JSON.parse(String(written)), { version: artifact.version, before: [], since: 2 })
  }
})
