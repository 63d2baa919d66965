import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestCertificate, testCertificate } from '../../gateway/push/sandbox/test-authority.ts'

const LEAST_LEFT_MS = 24 * 3_600_000

/**
 * The sandbox's certificate and its authority in a folder, made the first time: whoever trusts the authority goes on trusting it when the sandbox is
 * started anew.
 * @returns with `caFile`, the file of the authority alone
 */
export async function certificateIn(folder: string): Promise<TestCertificate & { caFile: string }> {
  const files = { ca: 'push-sandbox-ca.pem', cert: 'push-sandbox.pem', key: 'push-sandbox.key' }
  const fileOf = (name: keyof typeof files) => join(folder, files[name])
  const caFile = fileOf('ca')
  if (Object.keys(files).every((name) => existsSync(fileOf(name as keyof typeof files)))) {
    const [ca, cert, key] = [caFile, fileOf('cert'), fileOf('key')].map((file) => readFileSync(file, 'utf8'))
    const { validToDate } = new X509Certificate(cert!)
    if (validToDate.getTime() > Date.now() + LEAST_LEFT_MS) return { ca: ca!, cert: cert!, key: key!, caFile }
  }
  const made = await testCertificate()
  mkdirSync(folder, { recursive: true })
  for (const name of ['key', 'cert', 'ca'] as const) writeFileSync(fileOf(name), made[name], { mode: 0o600 })
  return { ...made, caFile }
}
