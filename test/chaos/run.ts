import { killProduct } from './product.ts'
import { killEngine } from './engine.ts'

/**
 * `npm run chaos [ROUNDS] [RATE]`: kills each process of the product in turn, again and again, and accounts for every play.
 * `npm run chaos -- engine [KILLS] [SEED]`: a topology in three processes, whatever may happen to them and to the broker.
 */
const words = process.argv.slice(2)
const say = (line: string) => {
  console.log(line)
}
const holds = words[0] === 'engine' ? await killEngine(words.slice(1), say) : await killProduct(words, say)
process.exitCode = holds ? 0 : 1
