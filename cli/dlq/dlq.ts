import { Command, Option } from 'commander'
import { type DeadLetterKind } from '../../schemas/dead-letter.ts'
import { type KeyFlags, withKeyFlags } from '../keys.ts'
import { moment, whole } from '../options.ts'
import { exportLetters, list, purge, replayLetters, show } from './actions.ts'

/** What every verb takes: which letters are meant. */
export interface FilterFlags {
  stage?: string
  kind?: DeadLetterKind
  reason?: string
  code?: string
  topic?: string
  since?: number
  until?: number
}

export interface ListFlags extends FilterFlags {
  samples: number
  json: boolean
}

export interface OpenFlags extends FilterFlags, KeyFlags {
  open: boolean
}

interface WritingFlags extends FilterFlags {
  dryRun: boolean
  yes: boolean
}

export interface PurgeFlags extends WritingFlags {
  replayed: boolean
}

export interface ReplayFlags extends WritingFlags, KeyFlags {
  id?: string
  fix?: string
  schema?: number
  samples?: number
}

const OPEN = 'with what was sealed, which may name people: needs DEAD_LETTER_KEY'

const kinds: readonly DeadLetterKind[] = ['decode', 'validate', 'step', 'sink', 'late']

/** `continuo dlq list|show|replay|purge|export` */
export function dlqCommand(): Command {
  return new Command('dlq')
    .addCommand(
      filtered('list', 'count them by stage, topic, reason and code, with samples; needs no key')
        .option('--samples <n>', 'so many of each', whole(1_000), 1)
        .option('--json', 'as one line of JSON for each', false)
        .action((flags: ListFlags) => list(flags)),
    )
    .addCommand(
      withKeyFlags(new Command('show'))
        .summary(
          'all that is known of a letter, each time that it was set aside, and whether it was given back then',
        )
        .argument('<id>', 'stage:topic:partition:offset, as list tells')
        .option('--open', OPEN, false)
        .action((id: string, flags: OpenFlags, command: Command) => show(id, flags, command)),
    )
    .addCommand(replayCommand())
    .addCommand(
      filtered('purge', 'throw them away: nobody can replay them any more')
        .option('--replayed', 'those alone that have been given back, and have not come again', false)
        .option('--dry-run', 'say what would go, and end', false)
        .option('--yes', 'without asking', false)
        .action((flags: PurgeFlags, command: Command) => purge(flags, command)),
    )
    .addCommand(
      withKeyFlags(filtered('export', 'write them as lines of JSON, bytes in base64; sealed, unless --open'))
        .option('--open', OPEN, false)
        .action((flags: OpenFlags) => exportLetters(flags)),
    )
}

function replayCommand(): Command {
  return withKeyFlags(
    filtered('replay', 'give them back to the stage that set them aside, and to nobody else'),
  )
    .option('--id <id>', 'this letter alone')
    .option(
      '--fix <file>',
      'a module whose default export makes of each record another one, or null to leave it: see below',
    )
    .option('--schema <id>', 'read values by the writer schema of that id in the registry', whole())
    .option('--dry-run', 'open and fix all of them, say what would go where, and end', false)
    .option('--samples <n>', 'show what so many of them become, opened, which may name people', whole(1_000))
    .option('--yes', 'without asking', false)
    .addHelpText(
      'after',
      '\nIt says first what would go where, and asks. Each letter is given back once, whatever is killed and repeated; one that is refused' +
        '\nagain is listed anew; it waits up to 10 s to tell of these. Where letters are found and none can be given back it ends with 1.' +
        '\nIt needs DEAD_LETTER_KEY. A record of plays whose windows have closed is in history, and late.' +
        '\n\nA fix is given the record, its letter, and what reads and writes its value: `decoded`, what the readers of its topic make of the value,' +
        '\nor undefined, and `encode(value)`, Avro in the wire format under the schema by which the topic is written now. With --schema the value has that id.' +
        '\n\n  continuo dlq replay --reason unknown_schema_id --dry-run' +
        '\n  continuo dlq replay --stage anonymise --fix ./fix.ts --dry-run --samples 3' +
        '\n\n  // fix.ts: of plays in seconds plays in ms, of JSON Avro' +
        '\n  export default (original, letter, { decoded, encode }) => ({' +
        '\n    ...original,' +
        '\n    value: encode(decoded ? { ...decoded, msPlayed: decoded.msPlayed * 1_000 } : JSON.parse(original.value)),' +
        '\n  })',
    )
    .action((flags: ReplayFlags, command: Command) => replayLetters(flags, command))
}

function filtered(name: string, summary: string): Command {
  return new Command(name)
    .summary(summary)
    .option(
      '--stage <name>',
      'who set them aside: a topology, clickhouse-sink, redis-sink, redis-lists-sink or push',
    )
    .option('--reason <reason>', 'e.g. malformed_avro')
    .option(
      '--code <code>',
      'what the error behind it calls itself, e.g. ECONNRESET or DECODE_MALFORMED_AVRO',
    )
    .option('--topic <name>', 'where they came from, without TOPIC_PREFIX')
    .addOption(new Option('--kind <kind>', 'at what').choices(kinds))
    .option('--since <time>', 'set aside from then on: 2026-01-31T20:00:00Z, or 30m, 1h, 7d ago', moment)
    .option('--until <time>', 'set aside before that', moment)
}
