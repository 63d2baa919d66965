import type { FastifyInstance } from 'fastify'
import { DashboardError } from './errors.ts'

type SecurityHeaders = Readonly<Record<string, string>>

/**
 * Headers on every answer. The page loads nothing but itself and talks to nothing but this server and the gateway;
 * no inline script or style, no framing, no guessing of types.
 * @throws DashboardError for a gateway URL that is none
 */
export const securityHeaders = (gatewayUrl: string): SecurityHeaders => ({
  'content-security-policy': contentSecurityPolicy(gatewayUrl),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
})

export function secureAnswers(app: FastifyInstance, headers: SecurityHeaders): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers)
  })
}

function contentSecurityPolicy(gatewayUrl: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "worker-src 'self'",
    `connect-src 'self' ${gatewayOrigin(gatewayUrl)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function gatewayOrigin(gatewayUrl: string): string {
  const url = URL.parse(gatewayUrl)
  if (url && /^wss?:$/.test(url.protocol)) return url.origin
  throw new DashboardError(
    `the gateway URL "${gatewayUrl}" is none: set GATEWAY_URL to ws://HOST:PORT/connection/websocket, or wss://`,
  )
}
