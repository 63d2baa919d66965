import { randomBytes, createECDH } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs'
import webPush from 'web-push'
import { decide } from '../gateway/push/decide.ts'
import { Templates } from '../gateway/push/templates.ts'
import { encrypt } from '../gateway/push/web-push/encrypt.ts'
import { Vapid } from '../gateway/push/web-push/vapid.ts'
import { webPushProvider } from '../gateway/push/web-push/web-push-provider.ts'
import { withCpuSeconds } from '../pipelines/model/cpu-seconds.ts'
import type { WebPushDevice } from '../schemas/push-subscriptions.ts'
import type { PushSandboxData } from './workers/push-sandbox.ts'

const MESSAGES = 5_000
const PUSHES = Number(process.env['BENCH_PUSHES'] ?? 10_000)
const LATENCY_MS = 100
/** As many as `continuo push` attends to at a time. */
const AT_A_TIME = 500

const subject = 'mailto:bench@example.com'
const payload = Buffer.from(
  JSON.stringify({
    id: 'AAAAAAAAAAAAAAAAAAAAAA.1767268800000',
    title: 'Artist One for you',
    lang: 'en',
    body: 'Because you listen to Artist Two, and 3 more artists',
    url: '/?notification=x',
  }),
)

/** Of pushes, with no Kafka: deciding, wording, encrypting and signing, beside `web-push`, and sending to a service that takes its time. */
export async function benchPush(): Promise<void> {
  const vapidKey = randomBytes(32)
  const ours = await encrypted(vapidKey)
  const theirs = await byWebPush()
  const { template, decided } = wordedTimes()
  const seconds = await sent(vapidKey)
  const quantiles = (times: number[]) =>
    [0.5, 0.99].map((share) => times.toSorted((a, b) => a - b)[Math.floor(share * times.length)]!.toFixed(3))
  const [templateTimes, decidedTimes] = [quantiles(template), quantiles(decided)]
  console.table([
    { what: 'a template rendered', measured: `p50 ${templateTimes[0]} ms, p99 ${templateTimes[1]} ms` },
    {
      what: 'a notification decided and worded',
      measured: `p50 ${decidedTimes[0]} ms, p99 ${decidedTimes[1]} ms`,
    },
    { what: 'encrypted and signed, a fresh key each', measured: `${Math.round(ours)} a CPU-second` },
    { what: 'the same by web-push', measured: `${Math.round(theirs)} a CPU-second` },
    {
      what: `${PUSHES} pushes to a service that takes ${LATENCY_MS} ms, ${AT_A_TIME} at a time`,
      measured: `${seconds.toFixed(1)} s`,
    },
  ])
}

function receiver() {
  return { p256dh: createECDH('prime256v1').generateKeys(), auth: randomBytes(16) }
}

async function encrypted(key: Buffer): Promise<number> {
  const [to, vapid] = [receiver(), new Vapid({ key, subject })]
  const { cpuSeconds } = await withCpuSeconds(async () => {
    for (let each = 0; each < MESSAGES; each++) {
      encrypt(payload, to)
      await vapid.authorization('https://push.example')
    }
  })
  return MESSAGES / cpuSeconds
}

async function byWebPush(): Promise<number> {
  const { p256dh, auth } = receiver()
  const keys = { p256dh: p256dh.toString('base64url'), auth: auth.toString('base64url') }
  const vapidDetails = { subject, ...webPush.generateVAPIDKeys() }
  const { cpuSeconds } = await withCpuSeconds(() => {
    for (let each = 0; each < MESSAGES; each++)
      webPush.generateRequestDetails({ endpoint: 'https://push.example/x', keys }, payload, { vapidDetails })
    return Promise.resolve()
  })
  return MESSAGES / cpuSeconds
}

function wordedTimes(): { template: number[]; decided: number[] } {
  const templates = new Templates()
  const now = Date.now()
  const about = { kind: 'recommendation', artistName: 'Artist One', becauseArtistName: 'Artist Two' }
  const settings = { push: 'on', 'time-zone': 'Europe/Berlin', 'quiet-hours': '22:00-08:00' }
  const [template, decided]: number[][] = [[], []]
  for (let each = 0; each < MESSAGES; each++) {
    const began = performance.now()
    decide(
      { expiresAt: now + 3_600_000 },
      { settings, pushedAt: [now - 1], hasDevice: true, pushesADay: 3, now },
    )
    const between = performance.now()
    templates.tell(about, { locale: 'de', others: each % 5 })
    const ended = performance.now()
    template!.push(ended - between)
    decided!.push(ended - began)
  }
  return { template: template!, decided: decided! }
}

/** Seconds from the first push to the last answer. */
async function sent(vapidKey: Buffer): Promise<number> {
  const workerData: PushSandboxData = { latencyMs: LATENCY_MS, devices: 1_000 }
  const worker = new Worker(new URL('workers/push-sandbox.ts', import.meta.url), { workerData })
  const [{ origin, ca, devices }] = (await once(worker, 'message')) as [
    { origin: string; ca: string; devices: WebPushDevice[] },
  ]
  const provider = webPushProvider({ vapidKey, subject, allowedOrigin: { origin, ca } })
  const message = { payload, ttlSeconds: 60, urgency: 'normal', topic: 'recommendation' } as const
  const began = performance.now()
  const answers = await lastValueFrom(
    from(Array.from({ length: PUSHES }, (_, each) => devices[each % devices.length]!)).pipe(
      mergeMap((device) => provider.send(device, message), AT_A_TIME),
      toArray(),
    ),
  )
  const seconds = (performance.now() - began) / 1_000
  const failed = answers.find(({ kind }) => kind !== 'accepted')
  if (failed) throw new Error(`a push was not accepted: ${JSON.stringify(failed)}`)
  provider.close()
  await worker.terminate()
  return seconds
}
