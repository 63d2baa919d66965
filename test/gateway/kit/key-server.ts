import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { type CryptoKey, type JWK, type JWTPayload, SignJWT, exportJWK, generateKeyPair } from 'jose'

export interface TestKey {
  kid: string
  alg: string
  jwk: JWK
  privateKey: CryptoKey
  publicKey: CryptoKey
}

/** A key pair under an id. */
export async function testKey(kid: string, alg = 'ES256'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, privateKey, publicKey }
}

/** A token as that key signs it. */
export const signedBy = ({ kid, alg, privateKey }: TestKey, claims: JWTPayload): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(privateKey)

/** Serves public keys; those in `keys` at the moment, or whatever `answer` says instead. */
export async function testKeyServer(t: TestContext, ...first: TestKey[]) {
  const served = { keys: first, away: false, asked: 0, answer: '' }
  const server = createServer((request, response) => {
    served.asked++
    if (served.away) request.socket.destroy()
    else response.end(served.answer || JSON.stringify({ keys: served.keys.map(({ jwk }) => jwk) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return Object.assign(served, { url: new URL(`http://127.0.0.1:${port}/jwks.json`) })
}
