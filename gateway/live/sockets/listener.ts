import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { Logger } from 'pino'
import {
  App,
  SSLApp,
  us_listen_socket_close,
  us_socket_local_port,
  type TemplatedApp,
  type us_listen_socket,
} from 'uWebSockets.js'
import { GatewayError } from '../errors.ts'

/** PEM files. */
export interface TlsFiles {
  /** With those between it and the authority. */
  cert: string
  key: string
}

export interface ListenerOptions {
  host: string
  /** 0 takes a free one. */
  port: number
  /** Serves by TLS, with what these files hold; what replaces them is taken. Default: plain. */
  tls?: TlsFiles
  /** Milliseconds between two looks whether they have changed. */
  tlsLookEvery: number
  /** Adds what is served. */
  addRoutes(app: TemplatedApp): void
  log: Logger
}

export interface Listener {
  port: number
  /** Takes no new sockets. */
  close(): void
  /** Cuts those that there are. */
  cut(): void
}

/**
 * What the library's types do not know: a port that no other process shares, and apps that take what another one
 * accepts.
 */
interface Untyped {
  listen(
    host: string,
    port: number,
    options: number,
    listening: (socket: us_listen_socket | false) => void,
  ): unknown
  getDescriptor(): unknown
  addChildAppDescriptor(descriptor: unknown): void
  removeChildAppDescriptor(descriptor: unknown): void
}

const untyped = (app: TemplatedApp): Untyped => app as unknown as Untyped

/** @throws GatewayError if the address cannot be listened on, or key and certificate are no pair. */
export function openListener(options: ListenerOptions): Promise<Listener> {
  return options.tls === undefined ? openPlain(options) : openTls(options, options.tls)
}

async function openPlain({ host, port, addRoutes }: ListenerOptions): Promise<Listener> {
  const app = App()
  addRoutes(app)
  const listening = await listen(app, host, port)
  return {
    port: us_socket_local_port(listening),
    close: () => us_listen_socket_close(listening),
    cut: () => void app.close(),
  }
}

/**
 * One app listens, and hands what it accepts to another that has the certificate. When the files change, a new one with
 * the new certificate takes its place: the port stays open, and sockets stay with the app that took them.
 */
async function openTls(
  { host, port, addRoutes, tlsLookEvery, log }: ListenerOptions,
  files: TlsFiles,
): Promise<Listener> {
  const withFiles = { cert_file_name: files.cert, key_file_name: files.key }
  const apps: TemplatedApp[] = []
  let acceptor: TemplatedApp

  function take(): void {
    const app = SSLApp(withFiles)
    addRoutes(app)
    untyped(acceptor).addChildAppDescriptor(untyped(app).getDescriptor())
    const before = apps.at(-1)
    if (before) untyped(acceptor).removeChildAppDescriptor(untyped(before).getDescriptor())
    apps.push(app)
  }
  function reload(): void {
    try {
      take()
      log.info({ cert: files.cert }, 'new connections get the new certificate')
    } catch {
      // Perhaps one of the two has been replaced, and the other will be in a moment.
      log.warn(
        files,
        'the certificate and the key that have been put there are no pair: the one of before is used on',
      )
    }
  }

  checkPair(files)
  try {
    // Of TLS, although it speaks to nobody: a plain one makes room for plain sockets, and TLS writes beyond it (20.51).
    acceptor = SSLApp(withFiles)
    take()
  } catch {
    throw new GatewayError('tls', 'they are no certificate and its key, in PEM')
  }
  const listening = await listen(acceptor, host, port)
  const paths = Object.values(files) as string[]
  for (const path of paths) watchFile(path, { interval: tlsLookEvery, persistent: false }, reload)
  return {
    port: us_socket_local_port(listening),
    close() {
      for (const path of paths) unwatchFile(path, reload)
      us_listen_socket_close(listening)
    },
    cut: () => apps.forEach((app) => app.close()),
  }
}

/**
 * The library only says that it cannot use them.
 * @throws GatewayError for the one that is wrong. It never repeats what an option says: it may be the key, and not its file.
 */
function checkPair({ cert, key }: TlsFiles): void {
  const certificate = readPem('tlsCert', cert, 'certificate in PEM', (pem) => new X509Certificate(pem))
  const privateKey = readPem('tlsKey', key, 'key in PEM without a passphrase', createPrivateKey)
  if (!certificate.checkPrivateKey(privateKey))
    throw new GatewayError('tls', 'the certificate is of another key')
}

function readPem<T>(option: 'tlsCert' | 'tlsKey', file: string, what: string, parsed: (pem: string) => T): T {
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new GatewayError(option, `the file that it names cannot be read (${code})`)
  }
  try {
    return parsed(pem)
  } catch {
    throw new GatewayError(option, `the file that it names holds no ${what}`)
  }
}

const exclusivePort = 1
const whyNot = 'it is in use, no address of this machine, or not for this user to take; choose another'

function listen(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket> {
  return new Promise((resolve, reject) => {
    untyped(app).listen(host, port, exclusivePort, (socket) => {
      if (socket) resolve(socket)
      else reject(new GatewayError('port', `cannot listen on ${host}:${port}: ${whyNot}`))
    })
  })
}
