import { createRequire } from 'node:module'

type ListOffsets = (request: { isolationLevel?: number }) => Promise<unknown>

const READ_UNCOMMITTED = 0

/**
 * Lets an admin client answer where partitions end with all that has been written, open transactions included. kafkajs asks for committed
 * records alone where it is told nothing, and it is told nothing by its admin: then a transaction that has been committed, but of which the
 * partition has not heard yet, would be missing from a state that is restored up to there, although the group's offsets are behind it.
 */
export function installOpenEnds(): void {
  const Broker = createRequire(import.meta.url)('kafkajs/src/broker') as {
    prototype: { listOffsets: ListOffsets }
  }
  const { listOffsets } = Broker.prototype
  Broker.prototype.listOffsets = function listOpenOffsets(request) {
    return listOffsets.call(this, { ...request, isolationLevel: request.isolationLevel ?? READ_UNCOMMITTED })
  }
}
