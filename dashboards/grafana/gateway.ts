import { dashboard, figure, graph, promql, source, valuesOf } from './panels.ts'

const instance = 'instance=~"$instance"'

const rate = (counter: string, by: string) =>
  `sum by (${by}) (rate(${counter}{${instance}}[$__rate_interval]))`

const quantiles = (histogram: string, by = '') =>
  [0.5, 0.99].map((q) =>
    promql(
      `histogram_quantile(${q}, sum by (le${by && `, ${by}`}) (rate(${histogram}_bucket{${instance}}[$__rate_interval])))`,
      `${by && `{{${by}}} `}p${q * 100}`,
    ),
  )

const glance = [
  figure({
    title: 'Connections',
    description: 'Open sockets of all gateways.',
    unit: 'short',
    targets: [promql(`sum(continuo_gateway_connections{${instance}})`)],
  }),
  figure({
    title: 'Subscriptions',
    description: 'Of all sockets.',
    unit: 'short',
    targets: [promql(`sum(continuo_gateway_subscriptions{${instance}})`)],
  }),
  figure({
    title: 'Messages a second',
    description: 'Frames given to sockets.',
    unit: 'ops',
    targets: [promql(`sum(rate(continuo_gateway_sent_messages_total{${instance}}[$__rate_interval]))`)],
  }),
  figure({
    title: 'Cut off as too slow, in an hour',
    description:
      'Sockets that read slower than they are written to (code 3008). They return and recover; if they are many, a network or a gateway is short of bandwidth.',
    unit: 'short',
    thresholds: { orange: 10 },
    targets: [
      promql(`sum(increase(continuo_gateway_disconnects_total{code="3008", ${instance}}[1h])) or vector(0)`),
    ],
  }),
  figure({
    title: 'Pushes accepted in an hour',
    description: 'By push services.',
    unit: 'short',
    targets: [
      promql(`sum(increase(continuo_push_outcomes_total{outcome="accepted", ${instance}}[1h])) or vector(0)`),
    ],
  }),
  figure({
    title: 'Pushes failed, share',
    description:
      'Of those that were attempted in an hour. The reasons are below; `not_authorised`: VAPID_KEY is not that which browsers subscribed with.',
    unit: 'percentunit',
    max: 1,
    thresholds: { orange: 0.01, red: 0.1 },
    targets: [
      promql(
        `(sum(increase(continuo_push_outcomes_total{outcome="failed", ${instance}}[1h])) or vector(0)) / (sum(increase(continuo_push_outcomes_total{outcome="attempted", ${instance}}[1h])) > 0)`,
      ),
    ],
  }),
]

const sockets = [
  graph({
    title: 'Connections and subscriptions',
    description: 'By gateway. If they are spread unevenly, look at the load balancer.',
    unit: 'short',
    targets: [
      promql(`sum by (instance) (continuo_gateway_connections{${instance}})`, '{{instance}} connections'),
      promql(`sum by (instance) (continuo_gateway_subscriptions{${instance}})`, '{{instance}} subscriptions'),
    ],
  }),
  graph({
    title: 'Messages a second',
    description: 'Frames given to sockets. 0 with connections: Redis is silent, or nothing is played.',
    unit: 'ops',
    targets: [promql(rate('continuo_gateway_sent_messages_total', 'instance'), '{{instance}}')],
  }),
  graph({
    title: 'Bytes a second',
    description: 'Given to sockets, before TLS.',
    unit: 'Bps',
    targets: [promql(rate('continuo_gateway_sent_bytes_total', 'instance'), '{{instance}}')],
  }),
  graph({
    title: 'Waiting for slow clients',
    description:
      'Bytes by gateway. What is over 1 MiB for one of them ends its connection (3008). If it grows for all at once, the network does, or the gateway.',
    unit: 'bytes',
    targets: [promql(`sum by (instance) (continuo_gateway_queued_bytes{${instance}})`, '{{instance}}')],
  }),
  graph({
    title: 'Replaced a second',
    description: 'Messages that gave way to a newer one of their channel before a slow client had read them.',
    unit: 'ops',
    targets: [promql(rate('continuo_gateway_replaced_messages_total', 'instance'), '{{instance}}')],
  }),
  graph({
    title: 'Disconnects by code',
    description:
      'Closed sockets a second: 3000 by the other side, 3001 as a gateway stops, 3005 with an old token, 3008 as too slow, 3012 without a pong, 3500 with a wrong token. All codes: gateway/live/protocol/codes.ts.',
    unit: 'ops',
    stacked: true,
    targets: [promql(rate('continuo_gateway_disconnects_total', 'code'), '{{code}}')],
  }),
  graph({
    title: 'Errors by code',
    description:
      'Refused commands a second: 100 while Redis is away, 103 for what one may not see, 109 for a token that has expired, 111 for too many at once.',
    unit: 'ops',
    stacked: true,
    targets: [promql(rate('continuo_gateway_errors_total', 'code'), '{{code}}')],
  }),
  graph({
    title: 'Recoveries',
    description:
      'Subscriptions a second that came back. `false`: they had missed more than is kept, or Redis has begun anew, and read the history of the page again.',
    unit: 'ops',
    stacked: true,
    targets: [promql(rate('continuo_gateway_recoveries_total', 'recovered'), 'recovered: {{recovered}}')],
  }),
  graph({
    title: 'Gateways',
    description:
      'That share the Redis, as each of them knows. If they say different numbers for longer than some seconds, one has no Redis. Draining: they send their clients away.',
    unit: 'short',
    targets: [
      promql(`sum by (instance) (continuo_gateway_nodes{${instance}})`, 'known to {{instance}}'),
      promql(`sum(continuo_gateway_draining{${instance}})`, 'draining'),
    ],
  }),
  graph({
    title: 'Refused sockets',
    description:
      'A second, by reason: `draining`, `too_many_at_once` (GATEWAY_ACCEPTS_PER_SECOND). Clients come again, or go to another gateway.',
    unit: 'ops',
    stacked: true,
    targets: [promql(rate('continuo_gateway_refused_sockets_total', 'reason'), '{{reason}}')],
  }),
  graph({
    title: 'Server API',
    description: 'Time to answer, by method. It waits for Redis and nothing else.',
    unit: 's',
    targets: quantiles('continuo_gateway_api_seconds', 'method'),
  }),
  graph(
    {
      title: 'Latency to the sockets',
      description:
        'From the arrival of an event in Kafka to all sockets of a gateway. If it is long here and short into Redis, the gateway is short of CPU.',
      unit: 's',
      targets: quantiles('continuo_gateway_latency_seconds', 'channel'),
    },
    12,
  ),
  graph(
    {
      title: 'Fan-out',
      description:
        'From a publication of Redis to all sockets of a gateway. It grows with connections: start another gateway.',
      unit: 's',
      targets: quantiles('continuo_gateway_fan_out_seconds'),
    },
    12,
  ),
]

const pushes = [
  graph({
    title: 'Pushes by outcome',
    description:
      'A second. `attempted` is written down before a push is sent, the rest when it is answered or decided.',
    unit: 'ops',
    targets: [promql(rate('continuo_push_outcomes_total', 'outcome'), '{{outcome}}')],
  }),
  graph({
    title: 'Why pushes were dropped, deferred or failed',
    description:
      'A second. `on_screen`, `quiet_hours` and `unwanted` are as the listener wants it; `service_silent` and `busy` are tried again; `not_readable`: PUSH_KEY is not that which devices were sealed with.',
    unit: 'ops',
    targets: [
      promql(
        `sum by (outcome, reason) (rate(continuo_push_outcomes_total{reason!="", ${instance}}[$__rate_interval]))`,
        '{{outcome}}: {{reason}}',
      ),
    ],
  }),
  graph({
    title: 'Answer of push services',
    description: 'From sending a push to its answer.',
    unit: 's',
    targets: quantiles('continuo_push_answer_seconds'),
  }),
  graph({
    title: 'Listeners who have one coming',
    description:
      'Quiet hours and limits hold notifications back; they wait in Kafka. If it only grows, no push service answers.',
    unit: 'short',
    targets: [promql(`sum(continuo_push_waiting_listeners{${instance}})`)],
  }),
  graph({
    title: 'Sent once more, and unreadable',
    description:
      'A second. Sent once more: a process was killed between a push and its answer. Unreadable: a record of this topic is not as its schema says; `continuo show TOPIC`.',
    unit: 'ops',
    targets: [
      promql(`sum(rate(continuo_push_doubtful_total{${instance}}[$__rate_interval]))`, 'sent once more'),
      promql(rate('continuo_push_unreadable_total', 'topic'), 'unreadable: {{topic}}'),
    ],
  }),
]

const page = [
  graph(
    {
      title: 'Requests of the page',
      description: 'A second, by route and status. 503: ClickHouse does not answer.',
      unit: 'reqps',
      targets: [
        promql(rate('continuo_dashboard_request_seconds_count', 'route, status'), '{{route}} {{status}}'),
      ],
    },
    12,
  ),
  graph(
    {
      title: 'Answers of the page',
      description: 'Time to answer. What is slow is a query of ClickHouse: dashboards/queries/.',
      unit: 's',
      targets: quantiles('continuo_dashboard_request_seconds', 'route'),
    },
    12,
  ),
]

/** What listeners get: out of Prometheus. */
export const gateway = dashboard({
  uid: 'continuo-gateway',
  title: 'Continuo: gateway and push',
  description: 'From Redis and Kafka to listeners: sockets, notifications, and the page.',
  time: { from: 'now-1h', to: 'now' },
  refresh: '10s',
  variables: [
    source('prometheus'),
    valuesOf('instance', 'instance', 'process_start_time_seconds{role=~"gateway|push|dashboard"}'),
  ],
  sections: { 'At a glance': glance, Gateway: sockets, Push: pushes, Page: page },
})
