import type * as Sdk from '@aws-sdk/client-s3'
import { ModelError } from '../errors.ts'
import type { ModelStore } from './model-store.ts'

type Does<T> = (client: Sdk.S3Client, object: { Bucket: string; Key: string }, sdk: typeof Sdk) => Promise<T>

/**
 * Artifacts as objects of a bucket, `PREFIX/VERSION.onnx`. Region and keys are found as by every program that has Amazon's SDK: AWS_REGION,
 * AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the role of the machine.
 * @param endpoint of a store that is not Amazon's; empty: none
 */
export function objectStore({ host: Bucket, pathname }: URL, endpoint: string): ModelStore {
  const folder = pathname.replace(/^\/+|\/+$/g, '')
  let opened: Promise<{ sdk: typeof Sdk; client: Sdk.S3Client }> | undefined

  async function reach<T>(what: string, version: string, does: Does<T>): Promise<T> {
    const Key = [...(folder === '' ? [] : [folder]), `${version}.onnx`].join('/')
    try {
      opened ??= open(endpoint)
      const { sdk, client } = await opened
      return await does(client, { Bucket, Key }, sdk)
    } catch (cause) {
      const { name, message } = cause as Error
      throw new ModelError(
        `model ${version} cannot be ${what} s3://${Bucket}/${Key}: ${name}: ${message}; ` +
          'look at MODEL_STORE, AWS_REGION, AWS_ENDPOINT_URL_S3, and at who may use the bucket',
        { cause },
      )
    }
  }

  return {
    async write(version, Body) {
      await reach('written to', version, (client, object, { PutObjectCommand }) =>
        client.send(new PutObjectCommand({ ...object, Body })),
      )
    },
    read: (version) =>
      reach('read from', version, async (client, object, { GetObjectCommand }) => {
        const { Body } = await client.send(new GetObjectCommand(object))
        return Buffer.from(await Body!.transformToByteArray())
      }),
    async remove(version) {
      await reach('removed from', version, (client, object, { DeleteObjectCommand }) =>
        client.send(new DeleteObjectCommand(object)),
      )
    },
  }
}

/** The SDK is large, and loaded by those alone who need it. */
async function open(endpoint: string) {
  const sdk = await import('@aws-sdk/client-s3')
  // Stores that are not Amazon's seldom have a host name for each bucket.
  const elsewhere = endpoint === '' ? {} : { endpoint, forcePathStyle: true }
  return { sdk, client: new sdk.S3Client(elsewhere) }
}
