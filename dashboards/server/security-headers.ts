import type { FastifyInstance } from 'fastify'

/**
 * Headers on every answer. The page loads nothing but itself and talks to nothing but this server and the gateway;
 * no inline script or style, no framing, no guessing of types.
 */
export function secureHeaders(app: FastifyInstance, gatewayUrl: string): void {
  const headers = {
    'content-security-policy': contentSecurityPolicy(gatewayUrl),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  }
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
    `connect-src 'self' ${new URL(gatewayUrl).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
