/**
 * The parts of kafkajs 2.2.4 below its producer and consumer, with their types: one request, one answer.
 *
 * Its producer asks for the coordinator twice per transaction and repeats requests whose outcome is unknown; its consumer
 * needs a group. The journal needs neither: it has one writer per partition and reads from any offset.
 */
import { createRequire } from "node:module"
import type { KafkaConfig } from "kafkajs"
import "./repairs.ts"

export interface ProtocolRequest {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    readonly encode: () => Promise<Encoder>
  }
  readonly response: {
    readonly decode: (bytes: Buffer) => Promise<unknown>
    readonly parse: (decoded: unknown) => Promise<unknown>
  }
}

interface Encoder {
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeInt64(value: string): Encoder
  writeUVarIntBytes(value?: Buffer): Encoder
  writeUVarIntString(value: string): Encoder
}

interface Decoder {
  readInt16(): number
  readInt32(): number
  readInt64(): { toString(): string }
  readTaggedFields(): unknown
}

export interface FetchedMessage {
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly isControlRecord: boolean
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean }
}

interface FetchedPartition {
  readonly lastStableOffset: string
  readonly abortedTransactions: ReadonlyArray<unknown> | null
  readonly messages: ReadonlyArray<FetchedMessage>
}

interface TopicPartitions {
  readonly topic: string
  readonly partitions: ReadonlyArray<number>
}

interface Transaction {
  readonly transactionalId: string
  readonly producerId: string
  readonly producerEpoch: number
}

export interface Broker {
  readonly connectionPool: { send(request: ProtocolRequest): Promise<unknown> }
  fetch(options: object): Promise<{
    readonly responses: ReadonlyArray<{ readonly partitions: ReadonlyArray<FetchedPartition> }>
  }>
  produce(options: object): Promise<{
    readonly topics: ReadonlyArray<{
      readonly partitions: ReadonlyArray<{ readonly baseOffset: string }>
    }>
  }>
  listOffsets(options: object): Promise<{
    readonly responses: ReadonlyArray<{
      readonly partitions: ReadonlyArray<{ readonly errorCode: number; readonly offset: string }>
    }>
  }>
  addPartitionsToTxn(
    options: Transaction & { readonly topics: ReadonlyArray<TopicPartitions> }
  ): Promise<unknown>
  endTxn(options: Transaction & { readonly transactionResult: boolean }): Promise<unknown>
}

export interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  refreshMetadata(): Promise<void>
  findBroker(options: { readonly nodeId: string }): Promise<Broker>
  findLeaderForPartitions(
    topic: string,
    partitions: ReadonlyArray<number>
  ): Record<string, ReadonlyArray<number>>
  findGroupCoordinator(options: {
    readonly groupId: string
    readonly coordinatorType: number
  }): Promise<Broker>
}

const require = createRequire(import.meta.url)

const ClusterClass = require("kafkajs/src/cluster") as new (options: object) => Cluster
const createLogger = require("kafkajs/src/loggers") as {
  readonly createLogger: (options: object) => unknown
}
const defaultSocketFactory = require("kafkajs/src/network/socketFactory") as () => unknown
const EncoderClass = require("kafkajs/src/protocol/encoder") as new () => Encoder
const DecoderClass = require("kafkajs/src/protocol/decoder") as new (bytes: Buffer) => Decoder
export const withoutAborted = require("kafkajs/src/consumer/filterAbortedMessages") as (of: {
  readonly messages: ReadonlyArray<FetchedMessage>
  readonly abortedTransactions: ReadonlyArray<unknown> | null
}) => ReadonlyArray<FetchedMessage>

/** A client with connections of its own. */
export const makeCluster = (config: KafkaConfig): Cluster =>
  new ClusterClass({
    ...config,
    logger: createLogger.createLogger({ level: 0, logCreator: () => () => {} }),
    socketFactory: config.socketFactory ?? defaultSocketFactory(),
    allowAutoTopicCreation: false,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    isolationLevel: 1
  })

const initProducerIdKey = 22

/** What Kafka answered in an error code that kafkajs's own requests do not carry. */
class ErrorCode extends Error {
  override readonly name = "ErrorCode"
  readonly code: number

  constructor(code: number) {
    super(`Kafka answered error ${code}`)
    this.code = code
  }
}

/**
 * InitProducerId version 3 (KIP-360), which kafkajs lacks: with a producer id and epoch it is granted only while they
 * are still the newest of the transactional id, so a writer in doubt cannot take its book back from a successor.
 */
export const initProducerId = (options: {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  readonly producerId: string
  readonly producerEpoch: number
}): ProtocolRequest => ({
  request: {
    apiKey: initProducerIdKey,
    apiVersion: 3,
    apiName: "InitProducerId",
    encode: async () =>
      // The first byte ends the header: no tagged fields.
      new EncoderClass()
        .writeUVarIntBytes()
        .writeUVarIntString(options.transactionalId)
        .writeInt32(options.transactionTimeoutMs)
        .writeInt64(options.producerId)
        .writeInt16(options.producerEpoch)
        .writeUVarIntBytes()
  },
  response: {
    decode: async (bytes) => {
      const decoder = new DecoderClass(bytes)
      decoder.readTaggedFields()
      decoder.readInt32()
      const code = decoder.readInt16()
      const producerId = decoder.readInt64().toString()
      return { code, producerId, producerEpoch: decoder.readInt16() }
    },
    parse: async (decoded) => {
      const { code } = decoded as { readonly code: number }
      if (code !== 0) throw new ErrorCode(code)
      return decoded
    }
  }
})
