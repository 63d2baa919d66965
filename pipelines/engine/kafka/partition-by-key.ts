const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/**
 * The partition of a key, as Kafka's producers choose it and kafkajs's: murmur2 of its bytes, the sign left out. Records that were
 * written before go on to lie beside those with the same key.
 */
export const partitionByKey = (key: Uint8Array, partitions: number) =>
  (murmur2(key) & 0x7fff_ffff) % partitions

/** MurmurHash2, 32 bits, as in `org.apache.kafka.common.utils.Utils`. */
function murmur2(data: Uint8Array): number {
  const { length } = data
  const whole = length & ~3
  let hash = SEED ^ length
  for (let at = 0; at < whole; at += 4) {
    const word = mixed(data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24))
    hash = Math.imul(hash, M) ^ word
  }
  const rest = length - whole
  if (rest > 2) hash ^= data[whole + 2]! << 16
  if (rest > 1) hash ^= data[whole + 1]! << 8
  if (rest > 0) hash = Math.imul(hash ^ data[whole]!, M)
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}

function mixed(word: number): number {
  const once = Math.imul(word, M)
  return Math.imul(once ^ (once >>> R), M)
}
