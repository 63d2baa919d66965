import type { SealingKey } from '../schemas/seal.ts'
import { ConfigError } from './config.ts'

const KEY_BYTES = 32

/** Reads `ID=KEY`, separated by commas or lines, in their order, each id once. @throws ConfigError that names `variable`, and repeats no key */
export function keysById(variable: string, text: string): SealingKey[] {
  const all = text
    .split(/[,\n]/)
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => {
      const [id = '', ...base64] = each.split('=')
      const bytes = Buffer.from(base64.join('='), 'base64')
      if (id === '' || bytes.length !== KEY_BYTES)
        throw new ConfigError(`${variable}: expected ID=KEY[,ID=KEY…], each key 32 bytes in base64`)
      return { id, bytes }
    })
  const twice = all.find(({ id }, at) => all.findIndex((each) => each.id === id) < at)
  if (twice !== undefined)
    throw new ConfigError(
      `${variable} has ${twice.id} twice: another key is another id, so that each opens what it has closed`,
    )
  return all
}
