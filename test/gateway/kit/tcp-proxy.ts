import { createServer, connect, type AddressInfo, type Socket } from 'node:net'

/** A wire between two parties that a test can cut. */
export interface TcpProxy {
  port: number
  /** Breaks all connections and takes no new ones. */
  cut(): void
  /** Holds back what comes until `mend`, as a link that loses every packet; `present`: of the connections alone that there are. */
  freeze(which?: 'all' | 'present'): void
  mend(): void
  /** Where new connections lead from now on: a port of this machine. */
  leadTo(port: number): void
  close(): void
}

export async function tcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<[Socket, Socket]>()
  let target = targetPort
  let isCut = false
  let isFrozen = false

  const server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect(target, '127.0.0.1')
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    if (isFrozen) for (const socket of pair) socket.pause()
    const both = () => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    near.on('data', (bytes) => far.write(bytes))
    far.on('data', (bytes) => near.write(bytes))
    for (const socket of pair) socket.on('error', both).on('close', both)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const breakAll = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true
      breakAll()
    },
    freeze(which = 'all') {
      isFrozen = which === 'all'
      for (const socket of [...pairs].flat()) socket.pause()
    },
    mend() {
      isCut = false
      isFrozen = false
      for (const socket of [...pairs].flat()) socket.resume()
    },
    leadTo(port) {
      target = port
    },
    close() {
      breakAll()
      server.close()
    },
  }
}
