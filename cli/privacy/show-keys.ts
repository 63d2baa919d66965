import { loadConfig } from '../config.ts'
import { readRing } from './ring-file.ts'

/** `continuo privacy keys`: needs no key, and shows none. */
export function showKeys(): void {
  const { PSEUDONYM_KEYS: file } = loadConfig()
  if (file === '') {
    console.log('epoch 1: PSEUDONYM_KEY, not wrapped; in use')
    return
  }
  const { epochs } = readRing(file)
  const used = epochs.findLast(({ pending }) => pending !== true)
  for (const each of epochs) {
    const state = each.pending === true ? '; pending' : each === used ? '; in use' : ''
    console.log(`epoch ${each.epoch}: wrapped by ${each.wrappedBy}${state}`)
  }
}
