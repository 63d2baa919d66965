import { join } from 'node:path'
import { Command, Option } from 'commander'
import { type Countable, countable } from './new-topology/names.ts'
import { newTopology } from './new-topology/new-topology.ts'

const root = join(import.meta.dirname, '..')

/** `continuo new`: writes the files of something new, to begin with. */
export function newCommand(): Command {
  return new Command('new').addCommand(
    new Command('topology')
      .summary('a small topology that works, with its shapes, topics and test')
      .argument('<name>', 'in kebab-case, like track-hours: files, topics and metrics bear it')
      .addOption(
        new Option('--by <field>', 'the field of a play by which plays are counted')
          .choices(Object.keys(countable))
          .default('trackId' satisfies Countable),
      )
      .addHelpText(
        'after',
        '\nWhat is written counts plays by that field and hour: a schema and its type, four topics (repartition, open hours, closed' +
          '\nhours, late plays) and the migration that creates them, the fold, the topology, its test. It runs and its test passes as it' +
          '\nis; change it from there into what you need. Files that exist are added to at known places; where such a place is' +
          '\nmissing or the name is taken it says so, and nothing is changed.' +
          '\n\n  continuo new topology track-hours' +
          '\n  continuo new topology plays-by-platform --by platform',
      )
      .action(writeTopology),
  )
}

async function writeTopology(name: string, { by }: { by: Countable }): Promise<void> {
  const files = await newTopology({ root, name, by })
  for (const { path, isNew } of files) console.log(`${isNew ? 'wrote  ' : 'changed'} ${path}`)
  console.log(`
Next:
  npm run test:unit -- ${name}
  npm run continuo -- topology describe ${name}
  npm run check
Then make it yours: what it writes stands in schemas/events/${name}.v1.avsc (\`npm run schemas:types\` makes its type), what is counted in
pipelines/steps/count-${name}.ts, the story in pipelines/topologies/${name}.ts. \`npm start\` runs it with the rest; beside a
running one: npm run continuo -- migrate, and npm run continuo -- run ${name} --dev`)
}
