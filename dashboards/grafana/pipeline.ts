import { dashboard, figure, graph, promql, source, valuesOf } from './panels.ts'

/** What the variables of the dashboard let through, in the processes that run topologies. */
const topology = 'topology=~"$topology", instance=~"$instance"'
const instance = 'instance=~"$instance"'

const quantile = (q: number, histogram: string, labels: string, by = '') =>
  `histogram_quantile(${q}, sum by (le${by && `, ${by}`}) (rate(${histogram}_bucket{${labels}}[$__rate_interval])))`

const glance = [
  figure({
    title: 'Processes that answer',
    description:
      'Of those that Prometheus asks. One that is missing: `continuo status`, and the last line of its log.',
    unit: 'short',
    targets: [promql('sum(up{job="continuo"})')],
  }),
  figure({
    title: 'Latency to the screen, p99',
    description:
      'From the arrival of a play in Kafka to all sockets, of what is on a screen. Look below which way it gets long: lag, commits, or the store.',
    unit: 's',
    thresholds: { orange: 1, red: 5 },
    targets: [promql(quantile(0.99, 'continuo_gateway_latency_seconds', 'channel="top-artists"'))],
  }),
  figure({
    title: 'Records behind',
    description:
      'Not fetched yet, by topologies and sinks. If it grows: start `continuo run` or `continuo sinks` once more, up to as many as there are partitions.',
    unit: 'short',
    thresholds: { orange: 10_000, red: 100_000 },
    targets: [promql('sum(continuo_lag_records or continuo_sink_lag_records)')],
  }),
  figure({
    title: 'Set aside',
    description:
      'The highest share of records that a stage has set aside in the last five minutes. One in a hundred is an alert: `continuo dlq list` says which and why, `continuo dlq replay` gives them back.',
    unit: 'percentunit',
    max: 1,
    thresholds: { orange: 0.001, red: 0.01 },
    targets: [promql('max(continuo_dead_letter_ratio)')],
  }),
  figure({
    title: 'Topologies stopped',
    description:
      'By the breaker, since too many records would have been set aside: the log of the process names the reason. Mend it, and start `continuo run` again.',
    unit: 'short',
    thresholds: { red: 1 },
    targets: [promql('sum(continuo_breaker_open) or vector(0)')],
  }),
  figure({
    title: 'Tasks being restored',
    description: 'After a start or a take-over. How far they are is shown below.',
    unit: 'short',
    thresholds: { orange: 1 },
    targets: [promql('sum(continuo_restoring_tasks)')],
  }),
]

const flow = [
  graph({
    title: 'Records a second by topology',
    description:
      'Processed and committed. Where it is 0 and there is lag, `continuo status` says what a task waits for.',
    unit: 'ops',
    targets: [
      promql(`sum by (topology) (rate(continuo_rows_total{${topology}}[$__rate_interval]))`, '{{topology}}'),
    ],
  }),
  graph({
    title: 'Lag of topologies',
    description:
      'Records that are not fetched yet, by topic. If one partition alone is behind, its key has too much: look at `continuo status`.',
    unit: 'short',
    targets: [
      promql(`sum by (topology, topic) (continuo_lag_records{${topology}})`, '{{topology}}: {{topic}}'),
    ],
  }),
  graph({
    title: 'Dropped and set aside, by reason',
    description:
      'Rows a second that went no further. `duplicate` is usual; what is `dead_letter` is in `continuo dlq list`.',
    unit: 'ops',
    targets: [
      promql(
        `sum by (outcome, step, reason) (rate(continuo_outcomes_total{${topology}}[$__rate_interval])) > 0`,
        '{{outcome}} {{step}}: {{reason}}',
      ),
    ],
  }),
]

const latency = [
  graph({
    title: 'From Kafka into the stores and to the screen, p50 and p99',
    description:
      'From the arrival of a play in Kafka: to its row in ClickHouse (which waits up to a second for others), to Redis, to the sockets. A replay or an import of old records shows as long.',
    unit: 's',
    targets: [0.5, 0.99].flatMap((q) => [
      promql(
        quantile(
          q,
          'continuo_sink_latency_seconds',
          `topic=~".*(plays-clean|artist-totals-live)", ${instance}`,
          'sink',
        ),
        `{{sink}} p${q * 100}`,
      ),
      promql(quantile(q, 'continuo_gateway_latency_seconds', 'channel="top-artists"'), `sockets p${q * 100}`),
    ]),
  }),
  graph({
    title: 'Duration of transactions, p99',
    description:
      'Latency of a hop is a commit and a half. Above some 100 ms look at the brokers; COMMIT_GAP_MS trades it against load.',
    unit: 's',
    targets: [promql(quantile(0.99, 'continuo_commit_seconds', topology, 'topology'), '{{topology}}')],
  }),
  graph({
    title: 'Duration of writes into the stores, p99',
    description:
      'From taking up rows to the position behind them. If it grows, look at the store: disk of ClickHouse, slow log of Redis.',
    unit: 's',
    targets: [promql(quantile(0.99, 'continuo_sink_write_seconds', instance, 'sink'), '{{sink}}')],
  }),
]

const tasks = [
  graph({
    title: 'Stream time behind the clock',
    description:
      'How old the events are that a topology is at. It grows while nothing is played, too: look at records a second first.',
    unit: 's',
    targets: [
      promql(`time() - min by (topology) (continuo_stream_time_seconds{${topology}})`, '{{topology}}'),
    ],
  }),
  graph({
    title: 'Since the last commit',
    description:
      'Of the task that has waited longest. If it grows while there is lag, the task is stuck: `continuo status` says on what.',
    unit: 's',
    targets: [
      promql(`time() - min by (topology) (continuo_last_commit_time_seconds{${topology}})`, '{{topology}}'),
    ],
  }),
  graph({
    title: 'Held back, and waiting for inputs',
    description:
      'Behind a repartition: how far the slowest task is behind the fastest, which holds windows open. Inputs: how many are empty that others wait for, MAX_TASK_IDLE_MS at most.',
    unit: 'short',
    targets: [
      promql(
        `max by (topology) (continuo_held_back_seconds{${topology}})`,
        '{{topology}}: seconds held back',
      ),
      promql(`sum by (topology) (continuo_waiting_for_inputs{${topology}})`, '{{topology}}: empty inputs'),
    ],
  }),
  graph({
    title: 'Open windows',
    description:
      'Or slices of them. They close with stream time; if their number only grows, a partition has stopped: look at what holds it back.',
    unit: 'short',
    targets: [promql(`sum by (topology) (continuo_open_windows{${topology}})`, '{{topology}}')],
  }),
  graph({
    title: 'Restoration',
    description:
      'Part of their changelogs that tasks have read again. STATE_DIR keeps state beside it, so that this is short.',
    unit: 'percentunit',
    max: 1,
    targets: [
      promql(
        `sum by (topology) (continuo_restored_records{${topology}}) / sum by (topology) (continuo_records_to_restore{${topology}} > 0)`,
        '{{topology}}',
      ),
    ],
  }),
]

const deadLetters = [
  graph({
    title: 'Share of records set aside, by stage',
    description:
      'Of the last five minutes. What is replayed does not count. At one in a hundred there is an alert: `continuo dlq list`.',
    unit: 'percentunit',
    max: 1,
    thresholds: { red: 0.01 },
    targets: [promql(`max by (stage) (continuo_dead_letter_ratio{${instance}})`, '{{stage}}')],
  }),
  graph({
    title: 'What sinks could not take, by reason',
    description:
      'Records a second. `continuo dlq show ID` tells one of them, `continuo dlq replay` gives them back to the sink.',
    unit: 'ops',
    targets: [
      promql(
        `sum by (sink, reason) (rate(continuo_sink_dead_letters_total{${instance}}[$__rate_interval]))`,
        '{{sink}}: {{reason}}',
      ),
    ],
  }),
  graph({
    title: 'Breaker',
    description:
      'It is 1 where a topology has stopped before it would set more aside than DEAD_LETTER_RATIO and DEAD_LETTER_RUN allow.',
    unit: 'short',
    max: 1,
    thresholds: { red: 1 },
    targets: [promql(`max by (topology) (continuo_breaker_open{${topology}})`, '{{topology}}')],
  }),
]

const sinks = [
  graph({
    title: 'Rows a second into the stores',
    description: 'By topic. Where it is 0 and there is lag, the store does not answer: see the failures.',
    unit: 'ops',
    targets: [
      promql(
        `sum by (sink, topic) (rate(continuo_sink_rows_total{${instance}}[$__rate_interval]))`,
        '{{sink}}: {{topic}}',
      ),
    ],
  }),
  graph({
    title: 'Lag of sinks',
    description: 'Records that are not fetched yet. `continuo sinks` may be started once more.',
    unit: 'short',
    targets: [promql(`sum by (sink, topic) (continuo_sink_lag_records{${instance}})`, '{{sink}}: {{topic}}')],
  }),
  graph({
    title: 'Failures of stores and Kafka',
    description:
      'Attempts a second that were not answered. They are repeated, and nothing is lost; if they stay, the log of `continuo sinks` names the store.',
    unit: 'ops',
    thresholds: { orange: 0.1 },
    targets: [
      promql(`sum by (sink) (rate(continuo_sink_failures_total{${instance}}[$__rate_interval]))`, '{{sink}}'),
    ],
  }),
]

const processes = [
  graph({
    title: 'CPU',
    description:
      'Cores that each process takes. A topology takes one at most: start another process for more.',
    unit: 'short',
    targets: [
      promql(
        `sum by (role, instance) (rate(process_cpu_seconds_total{${instance}}[$__rate_interval]))`,
        '{{role}} {{instance}}',
      ),
    ],
  }),
  graph({
    title: 'Memory',
    description: 'Resident. If state outgrows it: STATE_STORE=disk.',
    unit: 'bytes',
    targets: [
      promql(`sum by (role, instance) (process_resident_memory_bytes{${instance}})`, '{{role}} {{instance}}'),
    ],
  }),
  graph({
    title: 'Delay of the event loop, p99',
    description: 'How long work had to wait for other work of its process.',
    unit: 's',
    targets: [
      promql(
        `max by (role, instance) (nodejs_eventloop_lag_p99_seconds{${instance}})`,
        '{{role}} {{instance}}',
      ),
    ],
  }),
]

/** How events get on: out of Prometheus. */
export const pipeline = dashboard({
  uid: 'continuo-pipeline',
  title: 'Continuo: pipeline',
  description: 'From Kafka through topologies and sinks into the stores: how far behind, how fast, how well.',
  time: { from: 'now-1h', to: 'now' },
  refresh: '10s',
  variables: [
    source('prometheus'),
    valuesOf('topology', 'topology', 'continuo_rows_total'),
    valuesOf('instance', 'instance', 'process_start_time_seconds'),
  ],
  sections: {
    'At a glance': glance,
    Flow: flow,
    'Latency, end to end': latency,
    Tasks: tasks,
    'Dead letters': deadLetters,
    Sinks: sinks,
    Processes: processes,
  },
})
