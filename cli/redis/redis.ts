import { Command } from 'commander'
import { type KeyFlags, withKeyFlags } from '../keys.ts'
import { rebuild } from './rebuild.ts'

/** `continuo redis rebuild` */
export function redisCommand(): Command {
  return new Command('redis').addCommand(
    withKeyFlags(new Command('rebuild'))
      .summary('make the figures in Redis anew from the topics, while all goes on')
      .addHelpText(
        'after',
        '\nTotals of the version in service are built beside those that there are, from all that `artist-totals-live` has kept and what was given back, and put in' +
          '\ntheir place in one step: screens see no older figure, and no gap. Then lists that are not there, or are not what `recommendations` has, are put right.' +
          '\nIt is for figures that are wrong, of a bug or a hand; what Redis loses the sinks fill in by themselves. Killed, it is run again and begins anew.',
      )
      .action((flags: KeyFlags) => rebuild(flags)),
  )
}
