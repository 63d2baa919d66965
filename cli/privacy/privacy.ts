import { Command } from 'commander'
import { withKeyFlags } from '../keys.ts'
import { type RekeyFlags, rekey } from './rekey/rekey.ts'
import { type RotateFlags, rotate } from './rotate.ts'
import { scanCommand } from './scan-command.ts'
import { showKeys } from './show-keys.ts'

/** `continuo privacy keys|rotate|rekey|scan` */
export function privacyCommand(): Command {
  return new Command('privacy')
    .addCommand(
      new Command('keys')
        .summary('which epochs of pseudonyms there are, and by which wrapping key each is wrapped')
        .action(showKeys),
    )
    .addCommand(
      withKeyFlags(new Command('rotate'))
        .summary('wrap the keys of pseudonyms anew; what runs goes on, and no pseudonym changes')
        .option('--to <id>', 'by which of WRAPPING_KEYS (default: the last)')
        .option('--new', 'make the file, of PSEUDONYM_KEY', false)
        .addHelpText(
          'after',
          '\nWith --new it makes the file that PSEUDONYM_KEYS names, of PSEUDONYM_KEY, which may then be unset. Later WRAPPING_KEYS has to have the' +
            '\nwrapping key of before and the new one. What is started afterwards needs the new one only.' +
            '\n\n  WRAPPING_KEYS=w1=…,w2=… continuo privacy rotate --to w2',
        )
        .action((flags: RotateFlags) => rotate(flags)),
    )
    .addCommand(
      withKeyFlags(new Command('rekey'))
        .summary('give every listener a new pseudonym, in topics, state and stores: a migration')
        .option('--to <id>', 'by which of WRAPPING_KEYS the new key is wrapped (default: the last)')
        .option('--dry-run', 'say what it would change, and end', false)
        .option('--leave-out', 'have records that nobody can read be lost, instead of refusing', false)
        .option('--yes', 'without asking', false)
        .addHelpText(
          'after',
          "\nOld pseudonyms are mapped to new ones by a new key; nobody's id is needed. Stop the gateway, imports and anonymise, wait until the" +
            '\nothers have read all (`continuo status`), and stop them, too. Until it has ended nothing starts; killed, it is to be run again.' +
            '\nWhom an open minute has counted is counted once more in it. It needs PUSH_KEY, as devices are sealed under pseudonyms.',
        )
        .action((flags: RekeyFlags, command: Command) => rekey(flags, command)),
    )
    .addCommand(scanCommand())
}
