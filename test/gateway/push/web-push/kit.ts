import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { PushMessage } from '../../../../gateway/push/provider.ts'
import { type SandboxOptions, startPushSandbox } from '../../../../gateway/push/sandbox/sandbox.ts'
import { type WebPushOptions, webPushProvider } from '../../../../gateway/push/web-push/web-push-provider.ts'

export const vapidKey = randomBytes(32)

export const message = (given: Partial<PushMessage> = {}): PushMessage => ({
  payload: Buffer.from('{"title":"a"}'),
  ttlSeconds: 60,
  urgency: 'normal',
  topic: 'recommendation',
  ...given,
})

/** A push service, and a provider that may push to it. */
export async function sandboxAndProvider(
  t: TestContext,
  { sandbox: options, ...given }: Partial<WebPushOptions> & { sandbox?: SandboxOptions } = {},
) {
  const sandbox = await startPushSandbox(options)
  const provider = webPushProvider({
    vapidKey,
    subject: 'mailto:push@example.com',
    allowedOrigin: sandbox,
    ...given,
  })
  t.after(async () => {
    provider.close()
    await sandbox.close()
  })
  return { sandbox, provider }
}
