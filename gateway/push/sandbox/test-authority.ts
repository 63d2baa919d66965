import 'reflect-metadata'
import { KeyObject, webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 24 * 3_600_000

export interface TestCertificate {
  /** Of the authority that has signed it, as PEM: whoever trusts it trusts the server. */
  ca: string
  cert: string
  key: string
}

/** A certificate for this machine, by an authority made for it alone, of which nobody else has the key. */
export async function testCertificate(): Promise<TestCertificate> {
  const valid = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 365 * DAY_MS) }
  const [authorityKeys, keys] = await Promise.all([newKeys(), newKeys()])
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Continuo push sandbox',
    keys: authorityKeys,
    signingAlgorithm: ALGORITHM,
    ...valid,
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  })
  const certificate = await X509CertificateGenerator.create({
    subject: 'CN=localhost',
    issuer: authority.subject,
    signingAlgorithm: ALGORITHM,
    ...valid,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    ],
  })
  return {
    ca: authority.toString('pem'),
    cert: certificate.toString('pem'),
    key: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
