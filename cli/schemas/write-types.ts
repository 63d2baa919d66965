import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { typeFiles } from './types.ts'

/** `npm run schemas:types`: TypeScript types from the schemas. */
const root = join(import.meta.dirname, '../..')
for (const [path, text] of typeFiles(root)) writeFileSync(join(root, path), text)
