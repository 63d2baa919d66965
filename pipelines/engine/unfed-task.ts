import { Codec } from '../../schemas/codec.ts'
import { Task } from './task.ts'
import type { TaskOptions } from './task-options.ts'
import type { Topology } from './topology.ts'

const noRegistry = { register: () => Promise.resolve(0), schemaById: () => Promise.resolve(undefined) }

/**
 * A task to be looked at, or to be asked, that is given no records: it sets nothing aside, so that it needs no key, and decodes by `codec`
 * alone. Default: the first partition, of one.
 */
export const unfedTask = (
  topology: Topology,
  options: Partial<Pick<TaskOptions, 'partition' | 'partitions' | 'codec' | 'globals'>> = {},
): Task =>
  new Task({
    topology,
    partition: 0,
    codec: new Codec(noRegistry),
    deadLetterKey: { id: 'none', bytes: Buffer.alloc(32) },
    ...options,
  })
