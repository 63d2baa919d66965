/** Where clients of the Centrifuge protocol look for a gateway's WebSocket by convention. */
export const websocketPath = '/connection/websocket'

/** Where clients ask a gateway for the nodes that take connections: {@link EndpointList} as JSON. */
export const endpointsPath = '/endpoints'

export interface EndpointList {
  endpoints: Endpoint[]
}

/** A node that takes connections. */
export interface Endpoint {
  id: string
  /** Of its WebSocket. */
  url: string
  /** Connections that it is made for. */
  capacity: number
  /** Connections that it has. */
  connections: number
  /** Milliseconds since it came. */
  upForMs: number
}
