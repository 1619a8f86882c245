/**
 * The journal on a real Kafka of one node: appends and commits beside bare transactions of kafkajs with the same bytes,
 * batches and acknowledgements, and recovery of 1 million records. Run: npm run bench:kafka (needs Java and Maven once).
 */
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { Effect, Fiber, type Scope } from "effect"
import kafkajs from "kafkajs"
import { KafkaCluster } from "../scripts/servers/kafkaCluster.ts"
import { Journal, type JournalError } from "../src/actors/ports/Journal.ts"
import { kernelTypes } from "../src/actors/ports/records/kernel.ts"
import { marketTypes } from "../src/actors/ports/records/market.ts"
import { openBook } from "../src/actors/runtime/Book.ts"
import { makeRecordCodec, type RecordCodec } from "../src/domain/journal/codec.ts"
import { nodeDisk } from "../src/infra/journal/file/nodeDisk.ts"
import { openTopics } from "../src/infra/journal/kafka/bookTopics.ts"
import { makeKafkaJournal } from "../src/infra/journal/kafka/KafkaJournal.ts"
import { KafkaLink } from "../src/infra/journal/kafka/KafkaLink.ts"
import { denser } from "./denseSession.ts"
import {
  deskCodec,
  googStage,
  recoveryPlan,
  runDesk,
  settingsWith,
  temporaryFolder
} from "./desk.ts"
import { type Measure, median, percentileRows, type Row, rounds, runAlone } from "./figure.ts"
import { quoteAt } from "./quotes.ts"

const codec = makeRecordCodec([...kernelTypes, ...marketTypes])
const appends = 200_000
const recordsPerCommit = 4_096
/** A frame and a quote, and the headers of a batch and of its message. */
const quoteBytes = codec.encode(quoteAt(7)).length + 16
const batchBytes = 128
const commits = 400
const warmUp = 50
const turnRecords = 3
const recovered = 1_000_000
const openings = 3

const config = (brokers: ReadonlyArray<string>) => ({
  clientId: "optionsib-bench",
  brokers: [...brokers],
  connectionTimeout: 3_000,
  requestTimeout: 30_000,
  // The peer meets transactions that are still being ended: it is to wait for them as briefly as the journal does.
  retry: { retries: 50, initialRetryTime: 1, maxRetryTime: 100, factor: 0, multiplier: 2 },
  logLevel: kafkajs.logLevel.NOTHING
})

interface Server {
  readonly brokers: ReadonlyArray<string>
}

/** A Kafka that ends with the scope. */
const startedKafka: Effect.Effect<Server, never, Scope.Scope> = Effect.flatMap(
  temporaryFolder,
  (folder) =>
    Effect.acquireRelease(
      Effect.promise(async () => {
        const cluster = await KafkaCluster.create(join(folder, "kafka"), 1, 0)
        cluster.startAll()
        await cluster.ready()
        return cluster
      }),
      (cluster) => Effect.promise(() => cluster.stop())
    )
)

let topics = 0

/** An empty topic, with copies as the journal's have. */
const newTopic = Effect.fnUntraced(function* (brokers: ReadonlyArray<string>) {
  const sizes = { partitions: 1, replicationFactor: 1 }
  return yield* Effect.orDie(openTopics(config(brokers), `bench-${++topics}`, sizes))
})

/** A book of its own on the topic, with connections that end with the scope. */
const journalOn = (
  of: RecordCodec,
  brokers: ReadonlyArray<string>,
  topic: string,
  folder: string
): Effect.Effect<Journal["Service"], never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new KafkaLink(config(brokers), brokers.join(","))),
      (link) => link.close
    ),
    (log) =>
      makeKafkaJournal(of, {
        log,
        book: "bench",
        topic,
        partition: 0,
        snapshotsTopic: `${topic}.snapshots`,
        disk: nodeDisk,
        writerFolder: join(folder, "mirror"),
        readersFolder: () => folder,
        commitRetryMsMax: 10_000
      })
  )

const quotes = Array.from({ length: recordsPerCommit }, (_, seq) => quoteAt(seq))

/** Seconds for the appends. As the live host does: the next turns are appended while the last ones' commit runs. */
const appendAll = (journal: Journal["Service"]) =>
  Effect.gen(function* () {
    const writer = yield* journal.openWriter
    const began = performance.now()
    let commit: Fiber.Fiber<void, JournalError> | undefined
    for (let seq = 0; seq < appends; ) {
      const end = Math.min(appends, seq + recordsPerCommit)
      for (; seq < end; seq++) writer.append({ ...quotes[seq % recordsPerCommit]!, seq })
      if (commit !== undefined) yield* Fiber.join(commit)
      commit = yield* Effect.forkChild(writer.commit, { startImmediately: true })
    }
    if (commit !== undefined) yield* Fiber.join(commit)
    return (performance.now() - began) / 1000
  }).pipe(Effect.scoped)

/** A bare transactional producer: one transaction per batch, acknowledged by all copies. */
const bareProducer = (brokers: ReadonlyArray<string>, topic: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const producer = new kafkajs.Kafka(config(brokers)).producer({
        transactionalId: `bare-${topic}`,
        maxInFlightRequests: 1,
        idempotent: true,
        createPartitioner: () => () => 0
      })
      await producer.connect()
      return producer
    }),
    (producer) => Effect.promise(() => producer.disconnect())
  ).pipe(
    Effect.map((producer) => async (value: Buffer): Promise<void> => {
      const transaction = await producer.transaction()
      await transaction.send({ topic, acks: -1, messages: [{ value }] })
      await transaction.commit()
    })
  )

const appendBare = (brokers: ReadonlyArray<string>, topic: string) =>
  Effect.gen(function* () {
    const send = yield* bareProducer(brokers, topic)
    const whole = Buffer.alloc(batchBytes + recordsPerCommit * quoteBytes, 7)
    return yield* Effect.promise(async () => {
      const began = performance.now()
      for (let left = appends; left > 0; left -= recordsPerCommit) {
        const records = Math.min(left, recordsPerCommit)
        await send(whole.subarray(0, batchBytes + records * quoteBytes))
      }
      return (performance.now() - began) / 1000
    })
  }).pipe(Effect.scoped)

const appendRows = Effect.fnUntraced(function* (
  { brokers }: Server,
  progress: (text: string) => void
) {
  const ours: Array<number> = []
  const theirs: Array<number> = []
  for (const round of rounds(6, 4, 30)) {
    progress(`${appends} appends, round ${round}`)
    const folder = yield* temporaryFolder
    const topic = yield* newTopic(brokers)
    const own = yield* appendAll(yield* journalOn(codec, brokers, topic.journal, folder))
    const bareTopic = yield* newTopic(brokers)
    const bare = yield* appendBare(brokers, bareTopic.journal)
    if (round === 0) continue
    ours.push(appends / own)
    theirs.push(appends / bare)
  }
  const row: Row = {
    what: `appends, Kafka journal, ${recordsPerCommit} per commit`,
    unit: "records/s",
    value: median(ours),
    samples: ours.length,
    peer: { name: "bare kafkajs transactions", value: median(theirs) }
  }
  return [row]
})

const commitRows = Effect.fnUntraced(function* (
  { brokers }: Server,
  progress: (text: string) => void
) {
  progress(`${commits} commits of ${turnRecords} records, each beside a bare one`)
  const folder = yield* temporaryFolder
  const topic = yield* newTopic(brokers)
  const journal = yield* journalOn(codec, brokers, topic.journal, folder)
  const writer = yield* journal.openWriter
  const bareTopic = yield* newTopic(brokers)
  const send = yield* bareProducer(brokers, bareTopic.journal)
  const value = Buffer.alloc(batchBytes + turnRecords * quoteBytes, 7)
  const ours: Array<number> = []
  const theirs: Array<number> = []
  // One of each in turn, so that both meet the same server and the same load.
  for (let seq = 0; seq < (warmUp + commits) * turnRecords; ) {
    for (let k = 0; k < turnRecords; k++, seq++) writer.append(quoteAt(seq))
    let began = performance.now()
    yield* writer.commit
    ours.push(performance.now() - began)
    began = performance.now()
    yield* Effect.promise(() => send(value))
    theirs.push(performance.now() - began)
  }
  return percentileRows("commit of 3 records, Kafka journal", "ms", ours.slice(warmUp), {
    name: "a bare kafkajs transaction",
    values: theirs.slice(warmUp)
  })
}, Effect.scoped)

interface Opening {
  readonly seconds: number
  /** Of this process's threads; the server's are not in it. */
  readonly cpuSeconds: number
  readonly records: number
}

const open = (brokers: ReadonlyArray<string>, topic: string): Effect.Effect<Opening> =>
  Effect.gen(function* () {
    const settings = settingsWith()
    const folder = yield* temporaryFolder
    const journal = yield* journalOn(deskCodec(settings), brokers, topic, folder)
    const cpuBegan = process.cpuUsage()
    const began = performance.now()
    const book = yield* Effect.provideService(
      openBook(recoveryPlan(settings)),
      Journal,
      withoutSnapshots(journal)
    )
    const seconds = (performance.now() - began) / 1000
    const cpu = process.cpuUsage(cpuBegan)
    const cpuSeconds = (cpu.user + cpu.system) / 1e6
    return { seconds, cpuSeconds, records: book.recoveredThrough + 1 }
  }).pipe(Effect.scoped, Effect.orDie)

const withoutSnapshots = (journal: Journal["Service"]): Journal["Service"] => ({
  ...journal,
  saveSnapshot: () => Effect.void,
  loadSnapshot: () => Effect.succeed(undefined)
})

const recoveryRows = Effect.fnUntraced(function* (
  { brokers }: Server,
  progress: (text: string) => void
) {
  progress(`lets the desk write ${recovered} records`)
  const settings = settingsWith()
  const topic = yield* newTopic(brokers)
  yield* Effect.scoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const loaded = yield* googStage
      const stage = { ...loaded, session: denser(loaded.session) }
      const kafka = yield* journalOn(deskCodec(settings), brokers, topic.journal, folder)
      const journal = withoutSnapshots(kafka)
      const stop = ({ kernel }: { kernel: { ledger: { nextSeq: number } } }) =>
        kernel.ledger.nextSeq >= recovered
      yield* runDesk({ stage, settings, journal, host: "straight", stop })
    })
  )
  const args = [import.meta.filename, "--open", brokers.join(","), topic.journal]
  const found = Array.from({ length: openings }, (_, at) => {
    const one = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Opening
    progress(
      `recovery ${at + 1} of ${openings}: ${one.seconds.toFixed(2)} s, ${one.cpuSeconds.toFixed(2)} s of processor`
    )
    return one
  })
  const row: Row = {
    what: `recovery of ${found[0]!.records.toLocaleString("en-US")} records from Kafka, no snapshot`,
    unit: "s",
    value: median(found.map(({ seconds }) => seconds)),
    samples: found.length
  }
  return [row]
})

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    progress("starts a Kafka of one node")
    const server = yield* startedKafka
    return [
      ...(yield* appendRows(server, progress)),
      ...(yield* commitRows(server, progress)),
      ...(yield* recoveryRows(server, progress))
    ]
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

const [brokers, topic] = process.argv.slice(process.argv.indexOf("--open") + 1)
if (process.argv.includes("--open") && brokers !== undefined && topic !== undefined) {
  console.log(JSON.stringify(await Effect.runPromise(open(brokers.split(","), topic))))
} else {
  await runAlone(measure)
}
