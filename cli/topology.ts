import { writeFile } from 'node:fs/promises'
import { Argument, Command, InvalidArgumentError } from 'commander'
import { describe, describeAsMermaid, describeAsText, summaryOf } from '../pipelines/engine/index.ts'
import { shapeOf, topologyNames as names } from './shapes.ts'

interface Flags {
  mermaid: boolean
  out?: string
}

/** `continuo topology`: what can be known of a topology without running it. It needs no service and no key. */
export function topologyCommand(): Command {
  return new Command('topology').addCommand(
    new Command('describe')
      .summary('draw the graph of a topology; without a name, list them all')
      .addArgument(new Argument('[name]', `which: ${names.join(', ')}`).argParser(known))
      .option('--mermaid', 'as a Mermaid flowchart, for a page or a pull request', false)
      .option('--out <file>', 'into a file instead of the terminal')
      .addHelpText(
        'after',
        '\nA ● is an operator, named as in the code; an arrow leads to the topic that it writes, beside which stands what the topic' +
          '\nholds and by what its rows are spread: "clean-play.v1, by artist". Operators that rows reach without going through a topic' +
          '\nor through mapAsync are one sub-topology; keyBy leads through a topic into another. A store is state, restored from its changelog topic.' +
          '\nOrdinary RxJS operators in between (filter, map …) do not show. Names are without TOPIC_PREFIX,' +
          '\ntimes those of the default configuration.' +
          '\n\n  continuo topology describe listening-totals' +
          '\n  continuo topology describe listening-totals --mermaid --out listening-totals.mmd',
      )
      .action(describeTopology),
  )
}

async function describeTopology(name: string | undefined, { mermaid, out }: Flags, command: Command) {
  if (name === undefined && mermaid)
    command.error(`error: --mermaid draws one topology: name it (${names.join(', ')})`)
  const text = name === undefined ? list() : draw(name, mermaid)
  if (out === undefined) process.stdout.write(text)
  else await save(out, text, command)
}

const describedAs = (name: string) => describe(shapeOf(name))

const list = () => names.map((name) => `${summaryOf(describedAs(name))}\n`).join('')

const draw = (name: string, mermaid: boolean) =>
  (mermaid ? describeAsMermaid : describeAsText)(describedAs(name))

async function save(file: string, text: string, command: Command): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    command.error(`error: ${file} cannot be written: ${(error as Error).message}`)
  }
  console.error(`wrote ${file}`)
}

function known(name: string): string {
  if (names.includes(name)) return name
  throw new InvalidArgumentError(
    `Allowed choices are ${names.join(', ')}; a new one is written by \`continuo new topology\`.`,
  )
}
