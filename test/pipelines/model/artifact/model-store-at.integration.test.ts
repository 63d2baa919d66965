import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { modelStoreAt, whyNoStoreAt } from '../../../../pipelines/model/artifact/model-store-at.ts'
import { ModelError } from '../../../../pipelines/model/errors.ts'
import { startObjectStore } from '../../../kit/object-store.ts'

let objects: Awaited<ReturnType<typeof startObjectStore>>
let folder: string
const environment = { ...process.env }
before(async () => {
  objects = await startObjectStore(['models'])
  folder = await mkdtemp(join(tmpdir(), 'continuo-model-store-'))
})
after(async () => {
  await objects.close()
  await rm(folder, { recursive: true })
})

/** As a process has it that was started with these variables. */
const within = (env: Record<string, string>) => Object.assign(process.env, environment, env)

const places = {
  folder: () => join(folder, 'models'),
  bucket: () => 's3://models',
  prefix: () => 's3://models/a/b/',
}
for (const [kind, place] of Object.entries(places)) {
  test(`${kind}: a model is whole when it can be read, and gone when it has been removed`, async () => {
    within(objects.env)
    const store = modelStoreAt(place(), objects.env.AWS_ENDPOINT_URL_S3)
    const [bytes, others] = [randomBytes(5_000_000), randomBytes(10)]
    await store.write('one', bytes)
    await store.write('two', others)
    const elsewhere = modelStoreAt(place(), objects.env.AWS_ENDPOINT_URL_S3)
    assert.deepEqual(await elsewhere.read('one'), bytes)
    await elsewhere.remove('one')
    await elsewhere.remove('one')
    await assert.rejects(store.read('one'), (error: Error) => {
      assert.ok(error instanceof ModelError)
      assert.match(error.message, /^model one cannot be read.*(no such file|NoSuchKey).*MODEL_STORE/)
      return true
    })
    assert.deepEqual(await store.read('two'), others)
  })
}

test('a bucket that is not there, and a key that is not right, are said with what to look at', async () => {
  within(objects.env)
  const nowhere = modelStoreAt('s3://nowhere/models', objects.env.AWS_ENDPOINT_URL_S3)
  const remedy = /; look at MODEL_STORE, AWS_REGION, AWS_ENDPOINT_URL_S3, and at who may use the bucket$/
  for (const reach of [() => nowhere.write('v', Buffer.alloc(1)), () => nowhere.read('v')])
    await assert.rejects(reach, (error: Error) => {
      assert.match(error.message, /^model v cannot be .* s3:\/\/nowhere\/models\/v\.onnx: NoSuchBucket: /)
      assert.match(error.message, remedy)
      return true
    })
  within({ ...objects.env, AWS_SECRET_ACCESS_KEY: 'another' })
  await assert.rejects(
    modelStoreAt('s3://models', objects.env.AWS_ENDPOINT_URL_S3).remove('v'),
    (error: Error) => {
      assert.match(
        error.message,
        /^model v cannot be removed from s3:\/\/models\/v\.onnx: SignatureDoesNotMatch/,
      )
      assert.match(error.message, remedy)
      assert.ok(!error.message.includes('another'))
      return true
    },
  )
})

test('a folder that cannot be written to is named', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  const store = modelStoreAt(file, '')
  await assert.rejects(store.write('v', Buffer.alloc(1)), /file\/v\.onnx cannot be written: /)
  await assert.rejects(store.remove('v'), /file\/v\.onnx cannot be removed: /)
  assert.equal((await readFile(file)).length, 0)
  assert.deepEqual((await readdir(folder)).toSorted(), ['file', 'models'])
})

test('what looks like a bucket, and is none, is refused', () => {
  for (const good of [
    '.continuo/models',
    '/var/models',
    's3://models',
    's3://my.models/a/b-c_d/',
    'models s3://x',
  ])
    assert.equal(whyNoStoreAt(good), undefined)
  for (const bad of ['s3://', 's3:///models', 's3://who:secret@models', 's3://models?x=1', 's3://Models/#a'])
    assert.equal(whyNoStoreAt(bad), 'expected a folder, or s3://BUCKET/PREFIX')
})
