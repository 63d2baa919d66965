import type { IHeaders, Message, Producer } from 'kafkajs'
import type { Broken } from './defects.ts'
import { type SchemaIds, bodyOf, framed } from './producers.ts'
import type { Row } from './rows.ts'

/** What was sent that is no play, and where Kafka says that it lies. */
export interface SentGarbage extends Broken {
  row: Row
  key: Buffer | null
  headers: Readonly<Record<string, Buffer>>
  offset: number
  /** ms since 1970 */
  appendedAt: number
}

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'

const ROWS_A_SEND = 2_000
/** What is larger is sent by itself, since a batch may be no larger than a record. */
const SMALL = 10_000

interface Outgoing extends Message {
  row: Row
  broken: Broken | undefined
}

/** Sends rows in their order, and keeps what Kafka answers. */
export class Sender {
  readonly garbage: SentGarbage[] = []
  /** When each row was appended, ms since 1970, in the order of rows. */
  readonly appendedAt: number[] = []
  readonly #producer: Producer
  readonly #topic: string
  readonly #ids: SchemaIds
  #outgoing: Outgoing[] = []

  constructor(producer: Producer, { topic, ids }: { topic: string; ids: SchemaIds }) {
    this.#producer = producer
    this.#topic = topic
    this.#ids = ids
  }

  /** Sends some rows; none is left to be sent afterwards. */
  async send(rows: Iterable<Row>): Promise<void> {
    for (const row of rows) {
      const message = this.#messageOf(row)
      const isLarge = (message.value?.length ?? 0) > SMALL
      if (isLarge || this.#outgoing.length === ROWS_A_SEND) await this.#flush()
      this.#outgoing.push(message)
      if (isLarge) await this.#flush()
    }
    await this.#flush()
  }

  #messageOf(row: Row): Outgoing {
    const { partition, version, play, defect } = row
    const key = Buffer.from(play.userId)
    if (defect === undefined)
      return {
        row,
        broken: undefined,
        partition,
        key,
        value: framed(this.#ids[version], bodyOf(play, version)),
      }
    const broken = defect.breaks(row, this.#ids)
    return { row, broken, partition, key: keyOf(row, key), value: broken.value, headers: headersOf(row) }
  }

  async #flush(): Promise<void> {
    const messages = this.#outgoing
    if (messages.length === 0) return
    this.#outgoing = []
    const answers = await this.#producer.send({ topic: this.#topic, messages, acks: -1 })
    const next = new Map(
      answers.map(({ partition, baseOffset, logAppendTime }) => [
        partition,
        { offset: Number(baseOffset), appendedAt: Number(logAppendTime) },
      ]),
    )
    for (const { row, broken, key, headers } of messages) {
      const at = next.get(row.partition)!
      this.appendedAt.push(at.appendedAt)
      if (broken !== undefined)
        this.garbage.push({
          ...broken,
          row,
          key: key as Buffer | null,
          headers: headers as Record<string, Buffer>,
          ...at,
        })
      at.offset += 1
    }
  }
}

/** A key may be missing, or no text. */
function keyOf({ die }: Row, key: Buffer): Buffer | null {
  if (die % 7 === 0) return null
  return die % 7 === 1 ? Buffer.from([0, 0xff, die & 0xff]) : key
}

function headersOf({ die, play }: Row): IHeaders {
  return {
    ...(die % 3 > 0 && { source: Buffer.from(die % 3 === 1 ? 'app' : play.userId) }),
    ...(die % 4 === 0 && { traceparent: Buffer.from(`00-${TRACE_ID}-00f067aa0ba902b7-01`) }),
    ...(die % 5 === 0 && { 'x-bytes': Buffer.from([0, 0xfe, die & 0xff]) }),
  }
}
