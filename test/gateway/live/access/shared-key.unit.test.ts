import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { type JWTPayload, SignJWT, UnsecuredJWT, jwtVerify } from 'jose'
import { signedBy } from '../../../../gateway/live/access/shared-key.ts'

const key = randomBytes(32)
const expected = { issuer: 'i', audience: 'a', clockTolerance: 5, requiredClaims: ['exp', 'sub'] }
const readSigned = signedBy(key, expected)
const now = () => Math.floor(Date.now() / 1_000)

/** What it says, or the code by which it is refused; undefined for who is no signer. */
type Verdict = JWTPayload | string | undefined

function ours(token: string): Verdict {
  try {
    return readSigned(token)
  } catch (error) {
    return (error as { code: string }).code
  }
}

const aboutSignatures = [
  'ERR_JWS_INVALID',
  'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  'ERR_JOSE_ALG_NOT_ALLOWED',
]

async function ofJose(token: string): Promise<Verdict> {
  try {
    return (await jwtVerify(token, key, { ...expected, algorithms: ['HS256'] })).payload
  } catch (error) {
    const { code } = error as { code: string }
    return aboutSignatures.includes(code) ? undefined : code
  }
}

const seconds = fc.integer({ min: -20, max: 20 }).map((from) => now() + from)
const claims = fc.record(
  {
    iss: fc.constantFrom('i', 'j', ['i'], 7),
    aud: fc.constantFrom('a', 'b', ['b', 'a'], []),
    sub: fc.constantFrom('ada', 'ådä', '', 7),
    exp: fc.oneof(seconds, fc.constantFrom('never', null)),
    nbf: seconds,
    role: fc.jsonValue(),
  },
  { requiredKeys: ['iss', 'aud', 'sub', 'exp'] },
)
const headers = fc.record(
  {
    alg: fc.constantFrom('HS256', 'HS256', 'HS384'),
    typ: fc.constantFrom('JWT', 'at+jwt'),
    kid: fc.string(),
    jwk: fc.constant({ kty: 'oct', k: 'AAAA' }),
  },
  { requiredKeys: ['alg'] },
)
const signers = fc.constantFrom(key, key, key, randomBytes(32))

test('reads what jose reads, and refuses what jose refuses, for the same reason', async () => {
  await fc.assert(
    fc.asyncProperty(claims, headers, signers, async (said, header, signer) => {
      const token = await new SignJWT(said as unknown as JWTPayload).setProtectedHeader(header).sign(signer)
      assert.deepEqual(ours(token), await ofJose(token))
    }),
    { numRuns: 1_000 },
  )
})

test('nothing but the signed text is read: not with a character more, less or other', async () => {
  const signed = new SignJWT({ iss: 'i', aud: 'a', sub: 'ada', exp: now() + 60 })
  const token = await signed.setProtectedHeader({ alg: 'HS256' }).sign(key)
  assert.equal((ours(token) as JWTPayload).sub, 'ada')
  const places = fc.integer({ min: 0, max: token.length })
  const texts = fc.oneof(fc.constantFrom('', '.', '=', 'A', ' ', '\n', 'é'), fc.string({ maxLength: 3 }))
  fc.assert(
    fc.property(places, fc.integer({ min: 0, max: 3 }), texts, (at, gone, text) => {
      const other = token.slice(0, at) + text + token.slice(at + gone)
      if (other !== token) assert.equal(ours(other), undefined)
    }),
    { numRuns: 5_000 },
  )
})

test('no header talks it into another way of reading', async () => {
  const said = { iss: 'i', aud: 'a', sub: 'ada', exp: now() + 60 }
  const critical = new SignJWT(said).setProtectedHeader({ alg: 'HS256', crit: ['b64'], b64: true })
  assert.equal(ours(await critical.sign(key)), undefined)
  assert.equal(ours(new UnsecuredJWT(said).encode()), undefined)
  const [header, payload, signature] = (
    await new SignJWT(said).setProtectedHeader({ alg: 'HS256' }).sign(key)
  ).split('.')
  for (const other of [
    `${header}.${payload}`,
    `${header}.${payload}.${signature}.${signature}`,
    '..',
    '',
    '.',
  ])
    assert.equal(ours(other), undefined)
})
