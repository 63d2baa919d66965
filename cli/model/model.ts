import { Command } from 'commander'
import { evaluateCommand } from './evaluate.ts'
import { rankCommand } from './rank.ts'

/** `continuo model` */
export function modelCommand(): Command {
  return new Command('model')
    .summary('recommendations: how good a model of some plays is, and what it would recommend')
    .addCommand(evaluateCommand())
    .addCommand(rankCommand())
}
