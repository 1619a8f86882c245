/**
 * `KafkaLog` over kafkajs's connections.
 *
 * Repeats only what certainly had no effect (a leader or coordinator that is not there yet, a transaction that is still
 * being ended); everything else ends the call. After any doubt all connections are dropped and made anew.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { Effect } from "effect"
import type { KafkaConfig } from "kafkajs"
import {
  type Broker,
  type Cluster,
  initProducerId,
  makeCluster,
  withoutAborted
} from "./internals.ts"
import {
  type KafkaLog,
  type LogEntry,
  type LogPage,
  type LogPlace,
  LogRefused,
  type LogSession,
  LogUnavailable,
  OutcomeUnknown,
  SessionFenced,
  type SessionId
} from "./kafkaLog.ts"

/** An answer to a fetch may have so many bytes. */
const fetchBytesMax = 16_777_216
/** A fetch at the end of the log waits so long at the server for more. */
const fetchWaitMsMax = 250
/** How long what certainly had no effect is repeated. */
const settleMsMax = 15_000
/** Kafka ends an abandoned transaction by itself after this. */
const transactionTimeoutMs = 30_000
const transactionCoordinator = 1
const noProducer: SessionId = { producerId: "-1", producerEpoch: -1 }

/** By error code: https://kafka.apache.org/protocol.html#protocol_error_codes */
const offsetOutOfRange = 1
const fencedCodes = new Set([47, 49, 90])
/** Unknown topic or partition, no leader, not the leader, coordinator loading, not available, not it, concurrent. */
const noEffectCodes = new Set([3, 5, 6, 14, 15, 16, 51, 55])
const concurrentTransactions = 51

export class KafkaLink implements KafkaLog {
  readonly servers: string
  readonly #config: KafkaConfig
  #cluster: Cluster | undefined
  readonly #coordinators = new Map<string, Broker>()

  constructor(config: KafkaConfig, servers: string) {
    this.#config = config
    this.servers = servers
  }

  readonly close = Effect.promise(() => this.#drop())

  openSession(
    transactionalId: string,
    after: SessionId = noProducer
  ): Effect.Effect<LogSession, SessionFenced | LogUnavailable> {
    return this.#call(async () => {
      const request = initProducerId({ transactionalId, transactionTimeoutMs, ...after })
      const id = (await this.#settled(async () => {
        const coordinator = await this.#coordinator(transactionalId)
        return coordinator.connectionPool.send(request)
      })) as SessionId
      return this.#session(transactionalId, id)
    }).pipe(Effect.mapError((error) => fencedOr(error, () => this.#unavailable(error))))
  }

  fetch(place: LogPlace, from: number): Effect.Effect<LogPage, LogUnavailable | LogRefused> {
    const { topic, partition } = place
    return this.#call(() =>
      this.#settled(async () => {
        const leader = await this.#leader(place)
        const { responses } = await leader.fetch({
          replicaId: -1,
          isolationLevel: 1,
          maxWaitTime: fetchWaitMsMax,
          minBytes: 1,
          maxBytes: fetchBytesMax,
          topics: [
            {
              topic,
              partitions: [{ partition, fetchOffset: String(from), maxBytes: fetchBytesMax }]
            }
          ]
        })
        return pageOf(responses[0]!.partitions[0]!, from)
      })
    ).pipe(
      Effect.mapError((error) =>
        codeOf(error) === offsetOutOfRange
          ? new LogRefused({
              why: `topic ${topic}, partition ${partition} has no offset ${from}: its beginning was deleted; the topic must keep everything (retention.ms=-1, retention.bytes=-1)`
            })
          : this.#unavailable(error)
      )
    )
  }

  ends(place: LogPlace) {
    const { topic, partition } = place
    return this.#call(() =>
      this.#settled(async () => {
        const leader = await this.#leader(place)
        const ask = async (timestamp: string): Promise<number> => {
          const { responses } = await leader.listOffsets({
            replicaId: -1,
            isolationLevel: 0,
            topics: [{ topic, partitions: [{ partition, timestamp }] }]
          })
          return Number(responses[0]!.partitions[0]!.offset)
        }
        return { first: await ask("-2"), end: await ask("-1") }
      })
    ).pipe(Effect.mapError((error) => this.#unavailable(error)))
  }

  #session(transactionalId: string, id: SessionId): LogSession {
    const transaction = { transactionalId, ...id }
    const sequences = new Map<string, number>()
    return {
      id,
      append: (place, entries) =>
        this.#call(async () => {
          const { topic, partition } = place
          const topics = [{ topic, partitions: [partition] }]
          await this.#settled(async () => {
            const coordinator = await this.#coordinator(transactionalId)
            await coordinator.addPartitionsToTxn({ ...transaction, topics })
          })
          const leader = await this.#leader(place)
          const at = `${topic}/${partition}`
          let offset = 0
          for (const group of groupsOf(entries)) {
            const firstSequence = sequences.get(at) ?? 0
            const answer = await leader.produce({
              ...transaction,
              acks: -1,
              timeout: this.#config.requestTimeout,
              topicData: [
                {
                  topic,
                  partitions: [{ partition, firstSequence, messages: group.map(asMessage) }]
                }
              ]
            })
            sequences.set(at, (firstSequence + group.length) % 2 ** 31)
            offset = Number(answer.topics[0]!.partitions[0]!.baseOffset) + group.length
          }
          const coordinator = await this.#coordinator(transactionalId)
          await coordinator.endTxn({ ...transaction, transactionResult: true })
          return offset
        }).pipe(
          Effect.mapError((error) =>
            fencedOr(error, () => new OutcomeUnknown({ why: words(error) }))
          )
        )
    }
  }

  async #connected(): Promise<Cluster> {
    if (this.#cluster !== undefined) return this.#cluster
    const cluster = makeCluster(this.#config)
    try {
      await cluster.connect()
    } catch (error) {
      await cluster.disconnect().catch(() => {})
      throw error
    }
    this.#cluster = cluster
    return cluster
  }

  async #leader({ topic, partition }: LogPlace): Promise<Broker> {
    const cluster = await this.#connected()
    await cluster.addTargetTopic(topic)
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (nodeId === undefined || nodeId === "-1") throw new NoLeader(topic, partition)
    return cluster.findBroker({ nodeId })
  }

  async #coordinator(transactionalId: string): Promise<Broker> {
    const known = this.#coordinators.get(transactionalId)
    if (known !== undefined) return known
    const cluster = await this.#connected()
    await cluster.refreshMetadata()
    const coordinatorType = transactionCoordinator
    const found = await cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType })
    this.#coordinators.set(transactionalId, found)
    return found
  }

  /** Repeats `ask` while its answer says that nothing was done. */
  async #settled<A>(ask: () => Promise<A>): Promise<A> {
    const untilMs = performance.now() + settleMsMax
    for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 200)) {
      try {
        return await ask()
      } catch (error) {
        const code = codeOf(error)
        const hadNoEffect = error instanceof NoLeader || noEffectCodes.has(code)
        if (!hadNoEffect || performance.now() > untilMs) throw error
        if (code !== concurrentTransactions) {
          this.#coordinators.clear()
          await this.#cluster?.refreshMetadata()
        }
        await sleep(waitMs)
      }
    }
  }

  /** Runs a call; one that fails for no reason that Kafka gave takes the connections with it. */
  #call<A>(run: () => Promise<A>): Effect.Effect<A, unknown> {
    return Effect.tryPromise({ try: run, catch: (error) => error }).pipe(
      Effect.tapError((error) =>
        fencedCodes.has(codeOf(error)) ? Effect.void : Effect.promise(() => this.#drop())
      )
    )
  }

  async #drop(): Promise<void> {
    const cluster = this.#cluster
    this.#cluster = undefined
    this.#coordinators.clear()
    await cluster?.disconnect().catch(() => {})
  }

  #unavailable(error: unknown): LogUnavailable {
    return new LogUnavailable({ place: this.servers, why: words(error) })
  }
}

class NoLeader extends Error {
  override readonly name = "NoLeader"

  constructor(topic: string, partition: number) {
    super(`topic ${topic}, partition ${partition} has no leader`)
  }
}

/** A produce request may have so many bytes: below the server's message.max.bytes of 1 MiB, with room for headers. */
const groupBytesMax = 786_432

const groupsOf = (entries: ReadonlyArray<LogEntry>): ReadonlyArray<ReadonlyArray<LogEntry>> => {
  const groups: Array<Array<LogEntry>> = []
  let bytes = Number.POSITIVE_INFINITY
  for (const entry of entries) {
    const length = entry.value?.length ?? 0
    if (bytes + length > groupBytesMax) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)!.push(entry)
    bytes += length
  }
  return groups
}

const asMessage = ({ key, value }: LogEntry) => ({
  key: key ?? null,
  value,
  timestamp: Date.now(),
  headers: {}
})

const pageOf = (
  fetched: {
    readonly lastStableOffset: string
    readonly abortedTransactions: ReadonlyArray<unknown> | null
    readonly messages: Parameters<typeof withoutAborted>[0]["messages"]
  },
  from: number
): LogPage => {
  const { messages, abortedTransactions } = fetched
  const stableEnd = Number(fetched.lastStableOffset)
  const last = messages.at(-1)
  // Compaction leaves batches without entries, which kafkajs passes over in silence.
  const next = last !== undefined ? Number(last.offset) + 1 : from < stableEnd ? from + 1 : from
  const entries = withoutAborted({ messages, abortedTransactions })
    .filter(({ offset, isControlRecord }) => !isControlRecord && Number(offset) >= from)
    .map(({ offset, key, value }) => ({
      offset: Number(offset),
      key: key?.toString("utf8"),
      value
    }))
  return { entries, next: Math.max(next, from), stableEnd }
}

const codeOf = (error: unknown): number =>
  (error as { readonly code?: unknown } | null)?.code as number

const fencedOr = <E>(error: unknown, otherwise: () => E): SessionFenced | E =>
  fencedCodes.has(codeOf(error)) ? new SessionFenced({ why: words(error) }) : otherwise()

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error))
