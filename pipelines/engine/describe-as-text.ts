import type { Topic } from '../../schemas/topic.ts'
import type { DescribedOperator, DescribedSubTopology, TopologyDescription } from './describe.ts'

const HOUR_MS = 3_600_000
/** Between what is drawn and what is told of it. */
const GAP = 3

/** A line of the drawing, and what is told of it at its right. */
interface Line {
  drawn: string
  note: string
}

/**
 * The graph of a topology for a terminal, downwards in the direction of the rows:
 *
 *     ● read(plays)          play.v1, by user
 *     │
 *     ● deduplicate          keeps deduplicate-1
 *     │
 *     ● route
 *     ├─ first ──────▶ plays-clean
 *     ╰─ duplicate ──▶ duplicate-plays
 */
export function describeAsText(description: TopologyDescription): string {
  const drawn = description.subTopologies.map((each) => [
    { drawn: `Sub-topology ${each.number}`, note: '' },
    { drawn: '', note: '' },
    ...new Drawing(each, description).lines(),
  ])
  const width = Math.max(...drawn.flat().map((line) => line.drawn.length)) + GAP
  const blocks = drawn.map((lines) => lines.map(({ drawn, note }) => columns(drawn, width, note)))
  return (
    [[summaryOf(description)], ...blocks, stores(description), remark(description)]
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join('\n'))
      .join('\n\n') + '\n'
  )
}

/** A topology in one line: `listening-totals: plays-clean ──▶ artist-totals, late-plays`. */
export const summaryOf = ({ name, inputs, outputs }: TopologyDescription) =>
  `${name}: ${inputs.join(', ') || 'nothing'} ──▶ ${outputs.join(', ') || 'nothing'}`

/** The operator as it is written, without what is told of it anyway: the store it keeps, the topics it writes. */
export function captionOf({ kind, label, stores, writes }: DescribedOperator): string {
  const outputs = writes.map(({ output }) => output).join(', ')
  const said = label === '' || label === outputs || stores.includes(label) || isWritten(label, writes)
  return said ? kind : `${kind}(${label})`
}

/** What a topic holds and what it is spread by: `play.v1, by user`. */
export const contentOf = ({ value, partitioning }: Topic<unknown>) =>
  partitioning === 'none' ? value.id : `${value.id}, by ${partitioning}`

const isWritten = (label: string, writes: DescribedOperator['writes']) =>
  writes.some(({ topic }) => topic === label)

const columns = (left: string, width: number, right: string) =>
  right === '' ? left : left.padEnd(width) + right

/** One sub-topology, from its sources to its ends. Where streams come together they are drawn below the last of them. */
class Drawing {
  readonly #operators: readonly DescribedOperator[]
  readonly #description: TopologyDescription
  readonly #reached = new Map<DescribedOperator, number>()

  constructor({ operators }: DescribedSubTopology, description: TopologyDescription) {
    this.#operators = operators
    this.#description = description
  }

  lines(): Line[] {
    return this.#operators
      .filter((operator) => this.#inputsOf(operator).length === 0)
      .flatMap((source, index) => [
        ...(index > 0 ? [{ drawn: '', note: '' }] : []),
        ...this.#from(source, '  ', '  '),
      ])
  }

  /** `first` stands before this operator, `rest` before what is drawn below it. */
  #from(operator: DescribedOperator, first: string, rest: string): Line[] {
    const { id, writes } = operator
    const behind = this.#operators.filter(({ inputs }) => inputs.includes(id))
    const elsewhere = this.#description.subTopologies.flatMap(({ number, operators }) =>
      operators
        .filter((each) => each.inputs.includes(id) && !behind.includes(each))
        .map((each) => `${captionOf(each)}, in sub-topology ${number}`),
    )
    const isStraight = behind.length + writes.length + elsewhere.length === 1
    const pad = Math.max(...writes.map(({ output = '' }) => output.length))
    const branches = [
      ...writes.map(({ output, topic }) => (stem: string): Line[] => [
        { drawn: `${stem}${arrow(output, pad)} ${topic}`, note: this.#topic(topic) },
      ]),
      ...elsewhere.map((next) => (stem: string): Line[] => [{ drawn: `${stem}──▶ ${next}`, note: '' }]),
      ...behind.map((next) => (stem: string, below: string): Line[] => {
        if (!this.#hasAllInputs(next)) return [{ drawn: `${stem}──▶ ${captionOf(next)}, below`, note: '' }]
        if (!isStraight) return this.#from(next, stem, below)
        return [{ drawn: `${rest}│`, note: '' }, ...this.#from(next, rest, rest)]
      }),
    ]
    return [
      { drawn: `${first}● ${captionOf(operator)}`, note: this.#note(operator) },
      ...branches.flatMap((branch, index) =>
        index + 1 < branches.length ? branch(`${rest}├─`, `${rest}│ `) : branch(`${rest}╰─`, `${rest}  `),
      ),
    ]
  }

  /** Counts one more stream that has been drawn up to `operator`; the last of them goes on with it. */
  #hasAllInputs(operator: DescribedOperator): boolean {
    const reached = (this.#reached.get(operator) ?? 0) + 1
    this.#reached.set(operator, reached)
    return reached === this.#inputsOf(operator).length
  }

  /** Those whose rows it takes, of this sub-topology. */
  #inputsOf({ inputs }: DescribedOperator): DescribedOperator[] {
    return this.#operators.filter(({ id }) => inputs.includes(id))
  }

  #note(operator: DescribedOperator): string {
    const { label, inputs, stores, looksUp } = operator
    const source = inputs.length === 0 && this.#description.topics.has(label) ? [this.#topic(label)] : []
    const from = this.#inputsOf(operator).map(captionOf)
    const taken = from.length > 1 ? [`takes ${from.join(', ')}`] : []
    const kept = stores.length > 0 ? [`keeps ${stores.join(', ')}`] : []
    const global = looksUp.map((name) => `looks up in ${name}, whole in every process: ${this.#topic(name)}`)
    return [...source, ...taken, ...kept, ...global].join('; ')
  }

  /** What a topic holds, what it is spread by, and where its rows go on if that is in this topology. */
  #topic(name: string): string {
    const topic = this.#description.topics.get(name)
    if (topic === undefined) return ''
    const reader = this.#description.subTopologies.find(({ operators }) =>
      operators.some(({ inputs, label }) => inputs.length === 0 && label === name),
    )
    const isAgain = this.#description.repartitioned.includes(name) && reader !== undefined
    const isElsewhere = isAgain && reader.operators !== this.#operators
    const goesOn = isElsewhere ? `; goes on in sub-topology ${reader.number}` : ''
    return `${contentOf(topic)}${goesOn}`
  }
}

const arrow = (output: string | undefined, pad: number) =>
  output === undefined ? '──▶' : ` ${output} ${'─'.repeat(pad - output.length)}──▶`

function stores({ stores }: TopologyDescription): string[] {
  if (stores.length === 0) return []
  const [names, changelogs] = [stores.map(({ name }) => name), stores.map(({ changelog }) => changelog)]
  const [one, two] = [widest(names), widest(changelogs)]
  return [
    columns('  Stores', one + 2, 'are restored from'),
    ...stores.map(
      ({ name, changelog, retentionMs }) =>
        `  ${name.padEnd(one)}${changelog.padEnd(two)}${
          retentionMs === undefined ? 'compacted' : `compacted, kept for ${retentionMs / HOUR_MS} h`
        }`,
    ),
  ]
}

const widest = (texts: readonly string[]) => Math.max(...texts.map(({ length }) => length)) + GAP

const remark = ({ deadLetters }: TopologyDescription) => [
  `What cannot be read, has no usable time or is set aside by a step goes to ${deadLetters}.`,
]
