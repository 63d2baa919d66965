import { Observable, type Observer, type Subscriber, type TeardownLogic } from 'rxjs'
import { TopologyError } from './errors.ts'
import { SubGraph } from './sub-graph.ts'

/** An operator of a topology as it was put together: what `continuo topology describe` draws. */
export interface GraphNode {
  /** As it is written: `read`, `foldWindow`, `route`. */
  readonly kind: string
  /** What tells it apart from others of its kind: a topic, a step, a store. */
  readonly label: string
  readonly inputs: readonly GraphNode[]
  /** Those that take its rows; more come while the topology is put together. */
  readonly takers: GraphNode[]
  readonly stores: readonly string[]
  /** Topics of global tables in which it looks up. */
  readonly looksUp: readonly string[]
  /** Topics that it writes. */
  readonly writes: readonly string[]
  /** What of its rows goes to each of `writes`, where that has a name: `open`, `closed`, `late`. */
  readonly outputs: readonly string[]
  /** Whether it keeps what it is given for others to look up, so that its rows need to go no further. */
  readonly isTable: boolean
  readonly subGraph: SubGraph
  /**
   * By how much its rows may lag behind the stream time of its sub-graph, ms: a fold that emits on close holds time back
   * for those who come after it, by the length of a window and its grace.
   */
  readonly holdBackMs: number
  /** How many windows it keeps open at the moment; undefined where it has none. */
  readonly openWindows: (() => number) | undefined
  /** Called when its state has been restored, before the first row. @throws for state that is of no use to it */
  readonly onRestored: (() => void) | undefined
}

export interface NodeOptions {
  stores?: readonly string[]
  looksUp?: readonly string[]
  writes?: readonly string[]
  outputs?: readonly string[]
  isTable?: boolean
  /** What the operator adds to {@link GraphNode.holdBackMs}. */
  holdBackMs?: number
  openWindows?: () => number
  onRestored?: () => void
  /** One that begins here, with a stream time of its own; default: that of the inputs. */
  subGraph?: SubGraph
}

const FOREIGN = (kind: string) =>
  `${kind}() is given rows of which it cannot tell where they come from: between operators use those of RxJS that ` +
  'lift one stream (map, filter, mergeMap …), and merge() of the engine to bring two together'

const UNSEEN = ({ kind, label }: GraphNode) =>
  `rows of ${kind}(${label}) come in by an operator of RxJS that takes a second stream (mergeWith, withLatestFrom …), so ` +
  'that no time and no order would go by them: use merge() of the engine, or a join'

/** Whose rows are being taken in. */
let taken: GraphNode | undefined

/**
 * Has rows flow, of one place in the graph alone.
 * @throws TopologyError, as the error of the stream, where an operator in between subscribes to those of another place as well
 */
export function takeRows<R>(rows: Observable<R>, observer: Partial<Observer<R>>): void {
  const outer = taken
  taken = nodeOf('subscribe', rows)
  try {
    rows.subscribe(observer)
  } finally {
    taken = outer
  }
}

/** An operator of RxJS, as `lift` is given it. */
interface Lifted<R, S> {
  call(out: Subscriber<S>, source: Observable<R>): TeardownLogic
}

/**
 * Rows on their way from one operator to the next: an observable that knows its place in the graph. RxJS operators keep it
 * (`lift`), so that ordinary ones work in between.
 */
export class Rows<R> extends Observable<R> {
  readonly node: GraphNode

  constructor(node: GraphNode, subscribe: (out: Subscriber<R>) => TeardownLogic) {
    super((out) => {
      if (taken !== undefined && taken !== node) throw new TopologyError(UNSEEN(node))
      return subscribe(out)
    })
    this.node = node
  }

  override lift<S>(operator?: Lifted<R, S>): Observable<S> {
    return new Rows<S>(this.node, (out) => operator?.call(out, this))
  }
}

/** Where these rows come from. @throws TopologyError for rows that no operator of the engine has made. */
export function nodeOf(kind: string, rows: Observable<unknown>): GraphNode {
  if (rows instanceof Rows) return rows.node
  throw new TopologyError(FOREIGN(kind))
}

/** Adds an operator behind others; several inputs are read in the order of their time from now on. */
export function graphNode(
  kind: string,
  label: string,
  inputs: readonly GraphNode[],
  options: NodeOptions = {},
): GraphNode {
  const { stores = [], looksUp = [], writes = [], outputs = [], isTable = false } = options
  const { holdBackMs = 0, openWindows, onRestored, subGraph: own } = options
  const [first, ...others] = inputs
  const shared = first?.subGraph ?? own ?? new SubGraph(label)
  for (const each of others) shared.unite(each.subGraph)
  if (own !== undefined && own !== shared) shared.feeds(own)
  const held = Math.max(0, ...inputs.map((each) => each.holdBackMs))
  const node: GraphNode = {
    kind,
    label,
    inputs,
    takers: [],
    stores,
    looksUp,
    writes,
    outputs,
    isTable,
    subGraph: own ?? shared,
    holdBackMs: held + holdBackMs,
    openWindows,
    onRestored,
  }
  for (const each of inputs) each.takers.push(node)
  return node
}

/** All operators that lead to these ends, each once, those before others first. */
export function nodesBefore(ends: readonly GraphNode[]): Set<GraphNode> {
  const nodes = new Set<GraphNode>()
  function visit(node: GraphNode): void {
    if (nodes.has(node)) return
    node.inputs.forEach(visit)
    nodes.add(node)
  }
  ends.forEach(visit)
  return nodes
}
