import { apiKeys, drainTime, limit, positive, webSocketUrl } from './variables.ts'

/** A gateway among others. */
export const clusterVariables = {
  GATEWAY_PUBLIC_URL: webSocketUrl({
    default: '',
    desc: 'where clients reach this node; default ws://GATEWAY_HOST:GATEWAY_PORT/connection/websocket',
  }),
  GATEWAY_CAPACITY: positive({
    default: 10_000,
    desc: 'connections that this node is made for; clients that choose a node weigh it by that',
  }),
  GATEWAY_SESSIONS_PER_LISTENER: limit({
    default: 0,
    desc: 'connections that a listener may have at all nodes together; 0: any number',
  }),
  GATEWAY_API_KEY: apiKeys({
    default: [],
    desc: 'opens the server API at /api/; two, comma separated, while one takes the place of the other; empty: there is none',
  }),
  GATEWAY_ACCEPTS_PER_SECOND: positive({
    default: 2_000,
    desc: 'new connections that this node takes a second: who was sent away by another comes again a moment later',
  }),
  GATEWAY_DRAIN_MS: drainTime({
    default: 5_000,
    desc: 'over how long a node that is told to stop sends its clients away; at most 6000',
  }),
}
