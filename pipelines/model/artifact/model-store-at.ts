import { directoryStore } from './directory-store.ts'
import type { ModelStore } from './model-store.ts'
import { objectStore } from './object-store.ts'

const OBJECTS = 's3://'

/**
 * @param place a folder, or `s3://BUCKET/PREFIX` for an object store that speaks the API of Amazon S3
 * @param endpoint of an object store that is not Amazon's; empty: none
 */
export const modelStoreAt = (place: string, endpoint: string): ModelStore =>
  place.startsWith(OBJECTS) ? objectStore(new URL(place), endpoint) : directoryStore(place)

/** Why there can be no store at this place, if there cannot. */
export function whyNoStoreAt(place: string): string | undefined {
  if (!place.startsWith(OBJECTS) || /^s3:\/\/[a-z0-9][a-z0-9.-]+(\/[\w./-]*)?$/.test(place)) return undefined
  return 'expected a folder, or s3://BUCKET/PREFIX'
}
