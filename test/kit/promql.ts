import { parser } from '@prometheus-io/lezer-promql'

/** A series that an expression asks for. */
export interface Selector {
  metric: string
  /** What its labels are compared with, by label. */
  matchers: ReadonlyMap<string, string>
  /** Labels that it must have: those, and what it is grouped and matched by. */
  labels: ReadonlySet<string>
}

type Node = ReturnType<typeof parser.parse>['topNode']

/** All that an expression in PromQL asks for; Grafana's `$__rate_interval` and the like may stand in it. @throws SyntaxError */
export function selectorsOf(promql: string): Selector[] {
  const text = promql.replaceAll('$__rate_interval', '1m')
  const selectors: Selector[] = []
  parser.parse(text).iterate({
    enter(each) {
      if (each.type.isError) throw new SyntaxError(`not PromQL at ${each.from}: ${text}`)
      if (each.name === 'VectorSelector') selectors.push(selectorAt(text, each.node))
    },
  })
  return selectors
}

function selectorAt(text: string, node: Node): Selector {
  const textOf = (child: Node | null) => (child === null ? '' : text.slice(child.from, child.to))
  const matchers = new Map(
    childrenOf(node.getChild('LabelMatchers'), 'UnquotedLabelMatcher').map((matcher) => [
      textOf(matcher.getChild('LabelName')),
      JSON.parse(textOf(matcher.getChild('StringLiteral'))) as string,
    ]),
  )
  const labels = new Set(matchers.keys())
  for (let around = node.parent; around !== null; around = around.parent)
    for (const clause of ['AggregateModifier', 'MatchingModifierClause']) {
      const grouping = around.getChild(clause)?.getChild('GroupingLabels') ?? null
      for (const label of childrenOf(grouping, 'LabelName')) labels.add(textOf(label))
    }
  return { metric: textOf(node.getChild('Identifier')), matchers, labels }
}

const childrenOf = (node: Node | null, name: string) => node?.getChildren(name) ?? []
