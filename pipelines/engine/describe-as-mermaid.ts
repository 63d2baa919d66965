import { captionOf, contentOf } from './describe-as-text.ts'
import type { DescribedOperator, DescribedSubTopology, TopologyDescription } from './describe.ts'

/**
 * The graph of a topology as a Mermaid flowchart: topics with round ends, stores as cylinders, a box around each
 * sub-topology. A store's changelog is written on it; the dotted lines are dead letters.
 */
export function describeAsMermaid(description: TopologyDescription): string {
  const { subTopologies, topics, deadLetters } = description
  const operators = subTopologies.flatMap((each) => each.operators)
  const used = [
    ...operators.flatMap((each) => [...readBy(each, topics), ...each.looksUp, ...writtenBy(each)]),
    deadLetters,
  ]
  const ids: Ids = new Map([...new Set(used)].map((name, index) => [name, `topic${index + 1}`]))
  return [
    'flowchart LR',
    ...[...ids].map(([name, id]) => `  ${id}([${quoted([name, contentOf(topics.get(name)!)])}])`),
    ...subTopologies.flatMap((each) => box(each, description)),
    ...operators.flatMap((each) => arrows(each, readBy(each, topics), ids)),
    ...subTopologies.map(({ number }) => `  sub${number} -.-> ${ids.get(deadLetters)}`),
    '',
  ].join('\n')
}

/** Of topics, by name. */
type Ids = ReadonlyMap<string, string>

const readBy = ({ inputs, label }: DescribedOperator, topics: TopologyDescription['topics']) =>
  inputs.length === 0 && topics.has(label) ? [label] : []

const writtenBy = ({ writes }: DescribedOperator) => writes.map(({ topic }) => topic)

function arrows(
  { id, inputs, looksUp, writes }: DescribedOperator,
  read: readonly string[],
  ids: Ids,
): string[] {
  return [
    ...read.map((topic) => `  ${ids.get(topic)} --> op${id}`),
    ...inputs.map((input) => `  op${input} --> op${id}`),
    ...looksUp.map((topic) => `  ${ids.get(topic)} -->|"global table"| op${id}`),
    ...writes.map(({ output, topic }) => {
      const name = output === undefined ? '' : `|${quoted([output])}|`
      return `  op${id} -->${name} ${ids.get(topic)}`
    }),
  ]
}

function box({ number, operators }: DescribedSubTopology, { stores }: TopologyDescription): string[] {
  const kept = operators.flatMap(({ id, stores: names }) =>
    names.map((name, index) => {
      const changelog = stores.find((store) => store.name === name)?.changelog ?? ''
      return `    op${id} --- store${id}_${index + 1}[(${quoted([name, changelog])})]`
    }),
  )
  return [
    `  subgraph sub${number} [${quoted([`Sub-topology ${number}`])}]`,
    ...operators.map((each) => `    op${each.id}[${quoted([nameOf(each)])}]`),
    ...kept,
    '  end',
  ]
}

/** A source stands beside its topic, which needs no second name. */
const nameOf = (operator: DescribedOperator) =>
  operator.inputs.length === 0 ? operator.kind : captionOf(operator)

/** Text of several lines as Mermaid takes it; what means something to Mermaid or HTML goes in as an entity. */
const quoted = (lines: readonly string[]) =>
  `"${lines
    .map((line) => line.replace(/[#&<>"`]/g, (character) => `#${character.charCodeAt(0)};`))
    .join('<br>')}"`
