import { map } from 'rxjs'
import {
  type TimeSemantics,
  avroState,
  joinStream,
  route,
  topology,
} from '../../../../pipelines/engine/index.ts'
import { joinTopics } from './join-topics.ts'

const { plays, reactions, together, notInTime } = joinTopics

export interface Rules {
  kind: 'inner' | 'left' | 'outer'
  within: number
  grace: number
  timeSemantics: TimeSemantics
}

const time = (value: { time: number }) => value.time

/** Joins `plays` with `reactions` and writes who met whom, at which time, and who was late. */
export const joinedNumbers = (rules: Rules) =>
  topology('joined', ({ read }) =>
    read(plays, { time }).pipe(
      joinStream(read(reactions, { time }), {
        ...rules,
        join: (left, right) => ({ left: left?.id ?? null, right: right?.id ?? null, time: 0 }),
        late: ({ side, value: { id } }, lateness) => ({ id, side, ...lateness }),
        leftCodec: avroState(plays.value.type),
        rightCodec: avroState(reactions.value.type),
      }),
      map((row) => (row.output === 'late' ? row : { ...row, value: { ...row.value, time: row.time } })),
      route({ joined: together, late: notInTime }),
    ),
  )
