import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { trainingDefaults } from '../pipelines/model/ials/train.ts'
import type { Config } from './config.ts'
import { connectKafka } from './kafka.ts'
import { type Models, modelsInKafka, servedMessage } from './model/models.ts'
import { clickhousePlays } from './model/plays-from.ts'
import { type ModelsPlace, compared, makeVersion, modelsPlace, removeOutdated } from './model/versions.ts'
import { lengthOfTime } from './options.ts'
import { runProcess } from './process.ts'

const DAY_SECONDS = 86_400
/** Of fewer pairs of a listener and an artist nothing can be learnt. */
const LEAST_PAIRS = 500
/** So long after too little, or after something that failed, it looks again. */
const AGAIN_AFTER_MS = 10_000
/** Beside the one that answers whether the process is alive. */
const THREADS = 2

/** `continuo trainer` */
export function trainerCommand(): Command {
  return new Command('trainer')
    .option(
      '--every <time>',
      'from the end of one training to the next: 10m, 24h (default: 24h)',
      lengthOfTime,
    )
    .addHelpText(
      'after',
      '\nIt is `continuo model train` and `continuo model promote`, again and again; run one of them. While too few listeners are held out' +
        '\nto compare models by, the newest goes into service. After a rollback the next that is no worse does. It begins as soon as there are enough' +
        `\nplays in ClickHouse: ${LEAST_PAIRS} pairs of a listener and an artist.`,
    )
    .action(({ every = DAY_SECONDS }: { every?: number }) =>
      runProcess('trainer', ({ config, log }) => {
        const stopping = new AbortController()
        const kafka = connectKafka(config, 'continuo-trainer', log)
        void keepTraining({ config, log, kafka }, every * 1_000, stopping.signal)
        return Promise.resolve({
          ready: () => true,
          // What is half trained is of no use to anybody, and is not waited for.
          stop() {
            stopping.abort()
            return Promise.resolve()
          },
        })
      }),
    )
}

interface Around {
  config: Config
  log: Logger
  kafka: Kafka
}

async function keepTraining(around: Around, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const trained = await trainOnce(around).catch((error: unknown) => {
      around.log.warn({ err: error }, 'no model could be trained, trying again')
      return false
    })
    await pause(trained ? everyMs : AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** Answers whether there was enough to train of. */
async function trainOnce({ config, log, kafka }: Around): Promise<boolean> {
  const plays = await clickhousePlays(config)
  if (plays.listenings.length < LEAST_PAIRS) return false
  const place = modelsPlace(kafka, config)
  const { version, metadata } = await makeVersion(plays, { ...trainingDefaults, threads: THREADS }, place)
  log.info({ model: version, heldOut: metadata.heldOut }, 'trained')
  const models = await modelsInKafka.read(place)
  await tidy(models, place, log)
  const served = models.inService
  const both =
    served && (await compared(models.named(version), models.named(served.version), plays, place.store))
  if (both?.isWorse) {
    const [ours, theirs] = [both.candidate.model, both.served.model]
    log.warn(
      { model: version, of: ours, than: served?.version, ofThat: theirs },
      'worse than the model in service, which stays',
    )
    return true
  }
  await modelsInKafka.write(place, [servedMessage(version, models, Date.now())])
  log.info({ model: version, before: served?.version }, 'put in service')
  return true
}

async function tidy(models: Models, place: ModelsPlace, log: Logger): Promise<void> {
  try {
    const removed = await removeOutdated(models, place)
    if (removed.length > 0) log.info({ models: removed }, 'removed models that nobody will go back to')
  } catch (error) {
    log.warn({ err: error }, 'models that nobody will go back to cannot be removed')
  }
}
