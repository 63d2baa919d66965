import type { Answers } from '../answers.ts'
import type { Case } from '../cases.ts'
import { alignedModel } from './aligned.ts'
import type { Edges } from './edges.ts'
import { sessionModel } from './session.ts'
import { slidingModel } from './sliding.ts'
import { streamJoinModel } from './stream-join.ts'
import { streamTableModel, tableTableModel } from './tables.ts'

/** What an operator should say to a case: as this engine, but as Kafka Streams at `edges`. */
export function model({ operator, rows }: Case, edges: Edges): Answers {
  switch (operator.kind) {
    case 'tumbling':
    case 'hopping':
      return alignedModel({ operator, rows }, edges)
    case 'sliding':
      return slidingModel({ operator, rows }, edges)
    case 'session':
      return sessionModel({ operator, rows }, edges)
    case 'join-inner':
    case 'join-left':
    case 'join-outer':
      return streamJoinModel({ operator, rows }, edges)
    case 'stream-table-inner':
    case 'stream-table-left':
      return streamTableModel({ operator, rows })
    case 'table-table-inner':
    case 'table-table-left':
    case 'table-table-outer':
      return tableTableModel({ operator, rows }, edges)
  }
}
