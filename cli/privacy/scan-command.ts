import { Argument, Command } from 'commander'
import { defaultDataDir } from '../keys.ts'
import { NOT_ALL } from './report.ts'
import { placeNames, scan } from './scan.ts'

/** `continuo privacy scan` */
export function scanCommand(): Command {
  return (
    new Command('scan')
      .summary('look for identifiers wherever something is kept, in each form that they may have')
      .addArgument(
        new Argument('[identifier...]', 'user names, addresses …: better by --from, which leaves no trace'),
      )
      .option('--from <file>', 'a file of them in UTF-8, one a line; - is the standard input')
      .option(
        '--in <places>',
        `there alone, with commas between: ${placeNames.join(', ')} (default: everywhere)`,
        others,
      )
      .option('--data-dir <folder>', 'of `continuo start`, with its logs and models', defaultDataDir)
      .option(
        '--logs <path>',
        'a file or folder of logs, gzipped ones too; may be repeated (default: those of the data folder)',
        another,
      )
      .option(
        '--metrics <url>',
        'a page of metrics; may be repeated (default: of each role on this machine that runs)',
        another,
      )
      .option('--state-dir <folder>', 'where state is kept beside its changelogs (default: STATE_DIR)')
      .option('--json', 'as one line of JSON', false)
      .addHelpText('after', EXPLAINED)
      // 1 would say that something was found.
      .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : NOT_ALL))
      .action(scan)
  )
}

const others = (places: string, before: string[] = []) => [...before, ...places.split(',')]

/** One value an option: of several, the last would swallow identifiers. */
const another = (value: string, before: string[] = []) => [...before, value]

const EXPLAINED = `
It ends with 1 if an identifier was found anywhere but in the raw topics, with 2 if it was not, but not all could be looked at,
and else with 0. It says which identifier by its number and its first letter, and where it is.

Looked for, of each as given and trimmed, in lower and upper case, composed and decomposed (NFC, NFD): the text in any case of
ASCII letters, in UTF-8 and UTF-16, escaped as in JSON, percent-encoded; hex; base64 and base64url wherever it begins in what is
encoded; the first 8 bytes of MD5, SHA-1, SHA-256 and SHA-512 without a key, as bytes, hex, base64 and UUID. Addresses (IP) in
their other ways of writing, too, as hex and as a number; their sixteen bytes, but not the four of IPv4, which are everywhere.
A UUID with dashes and without, and its bytes; a telephone number (+49…) with 00, and its digits alone.

Looked at: every record of topics with TOPIC_PREFIX and of Kafka's own, of open and aborted transactions too; the registry; all
keys of the Redis database, its slow log and channels; every table of CLICKHOUSE_DATABASE and ClickHouse's own logs; logs; /metrics
and /status; files of state and of models. What is gzipped is looked into, if all of a value or file is,
whatever it is called; links to files are followed, links to folders told.

Not found: what is encrypted or hashed with a key, other hashes, hashes of something longer, text in mixed case of other letters
than ASCII's, what is compressed otherwise or encoded twice, and what a service has only in files or in memory.

  continuo privacy scan --from people.txt
  continuo privacy scan --from - --in redis,clickhouse < people.txt`
