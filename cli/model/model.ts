import { Command } from 'commander'
import { evaluateCommand } from './evaluate.ts'
import { listCommand } from './list.ts'
import { promoteCommand } from './promote.ts'
import { rankCommand } from './rank.ts'
import { rollbackCommand } from './rollback.ts'
import { trainCommand } from './train.ts'

/** `continuo model` */
export function modelCommand(): Command {
  return new Command('model')
    .addCommand(trainCommand())
    .addCommand(listCommand())
    .addCommand(promoteCommand())
    .addCommand(rollbackCommand())
    .addCommand(evaluateCommand())
    .addCommand(rankCommand())
}
