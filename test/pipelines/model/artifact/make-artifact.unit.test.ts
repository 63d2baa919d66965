import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeArtifact } from '../../../../pipelines/model/artifact/make-artifact.ts'
import { metadataOf } from '../../../../pipelines/model/artifact/onnx.ts'
import { parseMetadata } from '../../../../pipelines/model/artifact/metadata.ts'
import { isHeldOut } from '../../../../pipelines/model/held-out.ts'
import { crowds, playsOf, small } from '../../../kit/model-plays.ts'

test('the same plays and seed make the same bytes, in whatever order; another seed, or other plays, others', async () => {
  const rows = crowds()
  const { bytes, version, metadata } = await makeArtifact(playsOf(rows), small)
  const again = await makeArtifact(playsOf(rows.toReversed()), small)
  assert.ok(again.bytes.equals(bytes))
  assert.deepEqual(parseMetadata(metadataOf(bytes)), metadata)
  assert.match(version, /^20260101T000000Z-[0-9a-f]{8}$/)
  const seed = await makeArtifact(playsOf(rows), { ...small, seed: 2 })
  assert.equal(seed.metadata.training.fingerprint, metadata.training.fingerprint)
  const fewer = await makeArtifact(playsOf(rows.slice(1)), small)
  assert.notEqual(fewer.metadata.training.fingerprint, metadata.training.fingerprint)
  assert.notEqual(seed.version, version)
})

test('one listener in ten is held out of training, and finds what the crowd hears; nobody is named', async () => {
  const rows = crowds(100)
  const { bytes, metadata } = await makeArtifact(playsOf(rows), small)
  const heldOut = new Set(rows.filter(isHeldOut).map(({ listener }) => listener))
  assert.ok(heldOut.size > 8 && heldOut.size < 40, String(heldOut.size))
  assert.equal(metadata.training.listeners, 200 - heldOut.size)
  assert.equal(metadata.heldOut?.listeners, heldOut.size)
  // There are four that a listener of a crowd has not been told of, two of which are to be found.
  const { model, popularity } = metadata.heldOut
  assert.ok(model.mrr > 0.5 && model.mrr > popularity.mrr, JSON.stringify(metadata.heldOut))
  for (const { listener } of rows) assert.ok(!bytes.includes(listener))
})

test('names and countries come with it; what is popular everywhere is counted', async () => {
  const rows = [...crowds(), { listener: 'one-more', artist: 'rocker-3', plays: 1 }]
  const names = new Map([['rocker-3', 'The Threes']])
  const popular = new Map([['NO', ['jazzer-1', 'nobody', 'rocker-2']]])
  const { metadata } = await makeArtifact(playsOf(rows, { names, popular }), small)
  const { artists } = metadata
  assert.equal(artists.find(({ id }) => id === 'rocker-3')?.name, 'The Threes')
  assert.equal(artists.find(({ id }) => id === 'rocker-4')?.name, null)
  const idsIn = (country: string) => metadata.popular[country]!.map((number) => artists[number]!.id)
  assert.deepEqual(idsIn('NO'), ['jazzer-1', 'rocker-2'])
  assert.equal(idsIn('').length, 24)
  assert.equal(new Set(idsIn('')).size, 24)
})

test('where nobody can be held out it is not measured', async () => {
  const { metadata } = await makeArtifact(playsOf(crowds(3).filter((row) => !isHeldOut(row))), small)
  assert.equal(metadata.heldOut, null)
})
