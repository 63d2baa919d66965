import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { StateFile } from '../../../pipelines/engine/kafka/local-state/state-file.ts'
import { topics } from '../../../schemas/topics.ts'
import { deadLetter } from '../../kit/builders.ts'
import { clickhouse, encoded, type Leak, redis, send } from './planting.ts'

const NUMBER = '1987654321'
const md5 = (id: string) => createHash('md5').update(id).digest()

export const leaks: Leak[] = [
  {
    what: 'a field of a clean topic',
    in: 'kafka',
    form: 'plain',
    at: /topic plays-clean: .*value\.trackName/,
    plant: (system, id) =>
      send(system, topics.playsClean.name, encoded(system, { trackName: `by ${id.toUpperCase()}` })),
  },
  {
    what: 'a number in a clean topic',
    in: 'kafka',
    form: 'plain',
    at: /topic plays-clean: .*value\.msPlayed/,
    id: NUMBER,
    plant: (system) => send(system, topics.playsClean.name, encoded(system, { msPlayed: Number(NUMBER) })),
  },
  {
    what: 'the key of a clean topic',
    in: 'kafka',
    form: 'hex',
    at: /topic reactions-clean: .*key/,
    plant: (system, id) =>
      send(system, topics.reactionsClean.name, { key: Buffer.from(id).toString('hex'), value: null }),
  },
  {
    what: 'a header',
    in: 'kafka',
    form: 'base64',
    at: /topic artist-totals: .*header token/,
    plant: (system, id) =>
      send(system, topics.artistTotals.name, {
        key: 'x',
        value: null,
        headers: { token: Buffer.from(`{"sub":"${id}"}`).toString('base64url') },
      }),
  },
  {
    what: 'a changelog',
    in: 'kafka',
    form: 'plain',
    at: /topic \S+-changelog: /,
    async plant(system, id) {
      const names = await withAdmin(system.kafka, (admin) => admin.listTopics())
      return send(
        system,
        names.find((name) => name.endsWith('-changelog'))!,
        { key: id, value: null },
      )
    },
  },
  {
    what: 'a transaction that was aborted',
    in: 'kafka',
    form: 'sha256 hex',
    at: /topic late-plays: .*value/,
    async plant({ kafka }, id) {
      const producer = kafka.producer({
        transactionalId: randomUUID(),
        maxInFlightRequests: 1,
        idempotent: true,
      })
      await producer.connect()
      const transaction = await producer.transaction()
      const value = `user ${createHash('sha256').update(id).digest('hex').slice(0, 24)}`
      await transaction.send({ topic: topics.latePlays.name, messages: [{ value }] })
      await transaction.abort()
      await producer.disconnect()
      return undefined
    },
  },
  {
    what: 'the summary of a dead letter',
    in: 'kafka',
    form: 'plain',
    at: /topic dead-letters: .*value\.summary/,
    plant: (system, id) =>
      send(system, topics.deadLetters.name, {
        key: randomUUID(),
        value: system.codec.encode(topics.deadLetters, deadLetter({ summary: `refused ${id}` })),
      }),
  },
  {
    what: 'the name of a topic',
    in: 'kafka',
    form: 'plain',
    at: /topic of-\[#\d+\]: its name/,
    id: 'grace.hopper',
    async plant({ kafka }, id) {
      await withAdmin(kafka, (admin) =>
        admin.createTopics({ topics: [{ topic: `of-${id}` }], waitForLeaders: true }),
      )
      return undefined
    },
  },
  {
    what: 'the name of a group',
    in: 'kafka',
    form: 'plain',
    at: /topic __consumer_offsets: .*key/,
    async plant({ kafka }, id) {
      const offsets = {
        groupId: id,
        topic: topics.playsClean.name,
        partitions: [{ partition: 0, offset: '0' }],
      }
      await withAdmin(kafka, (admin) => admin.setOffsets(offsets))
      return undefined
    },
  },
  {
    what: 'a transactional id',
    in: 'kafka',
    form: 'plain',
    at: /topic __transaction_state: .*key/,
    async plant({ kafka }, id) {
      const producer = kafka.producer({ transactionalId: id, maxInFlightRequests: 1, idempotent: true })
      await producer.connect()
      const transaction = await producer.transaction()
      await transaction.abort()
      await producer.disconnect()
      return undefined
    },
  },
  {
    what: 'a schema',
    in: 'registry',
    form: 'plain',
    at: /subject leak-value: line 1/,
    async plant({ env }, id) {
      const schema = JSON.stringify({ type: 'record', name: 'Leak', doc: id, fields: [] })
      const answer = await fetch(`${env['SCHEMA_REGISTRY_URL']}/subjects/leak-value/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ schema }),
      })
      if (!answer.ok) throw new Error(await answer.text())
      return undefined
    },
  },
  redis('a string', 'plain', /type string: key leak:.*, byte 1048570/, (client, key, id) =>
    // Across the border between two looks.
    client.set(key, 'x'.repeat(1024 * 1024 - 6) + id),
  ),
  redis('a gzipped string', 'plain', /type string: key leak:.*, value, gunzipped/, (client, key, id) =>
    client.set(key, gzipSync(id)),
  ),
  redis('the name of a key', 'plain', /type string: key leak:.*\[#\d+\]/, (client, key, id) =>
    client.set(key + id, 1),
  ),
  redis('a field of a hash', 'url', /type hash: key leak:.*, field who/, (client, key, id) =>
    client.hset(key, { who: encodeURIComponent(id) }),
  ),
  redis('a gzipped field', 'plain', /type hash: key leak:.*, field packed, gunzipped/, (client, key, id) =>
    client.hset(key, { packed: gzipSync(id) }),
  ),
  redis('a set', 'utf-16', /type set: key leak:.*, member/, (client, key, id) =>
    client.sadd(key, Buffer.from(id, 'utf16le')),
  ),
  redis('a sorted set', 'md5 base64', /type zset: key leak:.*, member/, (client, key, id) =>
    client.zadd(key, 1, md5(id).toString('base64')),
  ),
  redis('a list', 'plain', /type list: key leak:.*, item/, (client, key, id) =>
    client.rpush(key, 'another', id),
  ),
  redis('a stream', 'plain', /type stream: key leak:.*, entry 7-7/, (client, key, id) =>
    client.xadd(key, '7-7', 'user', id),
  ),
  clickhouse('a hash in a table', 'md5', 'FixedString(16)', (id) => `unhex('${md5(id).toString('hex')}')`),
  clickhouse('a list in a table', 'plain', 'Array(Nullable(String))', (id) => `[NULL, '${id}']`),
  clickhouse(
    'what an aggregate has kept',
    'plain',
    'AggregateFunction(groupArray, String)',
    (id) => `arrayReduce('groupArrayState', ['${id}'])`,
  ),
  clickhouse('a row that a lightweight DELETE has hidden', 'plain', 'String', (id) => `'${id}'`, true),
  {
    what: 'a line of a log',
    in: 'logs',
    form: 'escaped',
    at: /logs\/run\.log: byte \d+/,
    id: 'jérôme@example.org',
    async plant({ dataDir }, id) {
      const escaped = id.replaceAll('é', '\\u00e9').replaceAll('ô', '\\u00f4')
      await appendFile(join(dataDir, 'logs', 'run.log'), `{"level":30,"user":"${escaped}"}\n`)
      return undefined
    },
  },
  {
    what: 'a gzipped log',
    in: 'logs',
    form: 'plain',
    at: /logs\/old\/run\.log\.1\.gz: byte 9/,
    async plant({ dataDir }, id) {
      await mkdir(join(dataDir, 'logs', 'old'))
      await writeFile(join(dataDir, 'logs', 'old', 'run.log.1.gz'), gzipSync(`{"user":"${id}"}\n`))
      return undefined
    },
  },
  {
    what: 'a label of a metric',
    in: 'metrics',
    form: 'plain',
    at: /metrics: line 2/,
    async plant(_, id) {
      const text = `# TYPE plays counter\nplays{user="${id}"} 1\n`
      const server = createServer((_request, response) => response.end(text))
        .listen(0, '127.0.0.1')
        .unref()
      await once(server, 'listening')
      return ['--metrics', `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`]
    },
  },
  {
    what: 'the state on disk',
    in: 'state',
    form: 'plain',
    at: /data\.mdb: byte \d+/,
    async plant({ env }, id) {
      const file = StateFile.open(join(env['STATE_DIR']!, 'leak', '0'))
      await file.writeTables([{ store: 'leak', changes: [[['leak', 0], Buffer.from(`tastes of ${id}`)]] }])
      file.hasBeenRead()
      await file.close()
      return undefined
    },
  },
  {
    what: 'a model',
    in: 'models',
    form: 'plain',
    at: /models\/leak\.onnx: byte 8/,
    async plant({ dataDir }, id) {
      await mkdir(join(dataDir, 'models'), { recursive: true })
      await writeFile(join(dataDir, 'models', 'leak.onnx'), `artists ${id}`)
      return undefined
    },
  },
]
