/** One life of the simulated process: it opens what the last one left, recovers, and runs until it ends or dies. */
import { Effect, Schedule } from "effect"
import { makeMarketGateway } from "../actors/gateways/marketGateway.ts"
import { noCommands } from "../actors/ports/Commands.ts"
import type { RequestGateway } from "../actors/ports/Gateway.ts"
import { Journal } from "../actors/ports/Journal.ts"
import { DepositFunds, HaltTrading, operatorSource } from "../actors/ports/records/operator.ts"
import { type Book, type BookPlan, openBook } from "../actors/runtime/Book.ts"
import { Intake, type IntakeLimits } from "../actors/runtime/Intake.ts"
import { OperatorLane } from "../actors/runtime/OperatorLane.ts"
import { Outbox } from "../actors/runtime/Outbox.ts"
import { type Host, runSession } from "../actors/runtime/SessionRun.ts"
import { straightHost } from "../actors/runtime/straightSession.ts"
import { WriterLease } from "../actors/runtime/WriterLease.ts"
import { OperatorDesk } from "../cli/OperatorDesk.ts"
import type { JournalRecord } from "../domain/journal/record.ts"
import type { IbDefences } from "../infra/broker/ib/ibWire.ts"
import type { SimulatedBroker } from "../infra/broker/simulated/broker.ts"
import { makeWatchedMarket } from "../infra/broker/simulated/watchedMarket.ts"
import type { Disk } from "../infra/journal/file/disk.ts"
import { microsOf, type SimulatedParts, simulatedWorld } from "../simulatedWorld.ts"
import { deskPlan } from "../supervisors/tradingDesk.ts"
import { actorCrashes } from "./faulty/actors.ts"
import { faultyBroker } from "./faulty/broker.ts"
import { faultyChain } from "./faulty/chain.ts"
import { correctingBroker } from "./faulty/corrections.ts"
import { faultyGateway } from "./faulty/gateways.ts"
import { faultyInference } from "./faulty/inference.ts"
import { changedWriter, faultyJournal, simulatedMachine } from "./faulty/journal.ts"
import type { KafkaChange } from "./faulty/kafka.ts"
import { faultyMarket } from "./faulty/market.ts"
import type { Overload } from "./faulty/overload.ts"
import { leasedBroker, leasedChain } from "./faulty/venue.ts"
import { chainFault, openChain } from "./openChain.ts"
import { openExchange } from "./openExchange.ts"
import type { Guest, MeetsRival } from "./Rivalry.ts"
import type { Strikes } from "./Strikes.ts"
import { surroundings } from "./stage.ts"
import type { Storage } from "./storage.ts"
import type { Watch } from "./Watch.ts"

/** Places where a planted bug is put in, each given the sound part. */
export interface Parts {
  readonly plan?: (sound: BookPlan) => BookPlan
  readonly journal?: (sound: Journal["Service"]) => Journal["Service"]
  /** What the Kafka journal sees of its log, where the book is there. */
  readonly kafka?: KafkaChange
  readonly broker?: (sound: SimulatedParts["exchange"]["broker"]) => SimulatedBroker["broker"]
  readonly chain?: (sound: SimulatedParts["chain"]) => SimulatedParts["chain"]
  readonly gateway?: (sound: RequestGateway) => RequestGateway
  readonly book?: (sound: Book) => Book
  readonly outbox?: (book: Book) => Outbox
  readonly intake?: (limits: IntakeLimits) => Intake
  /** What is asked immediately before something leaves: "", or why it may not. */
  readonly mayLeave?: (lease: WriterLease) => string
  /** How long a process that opens the book on Kafka waits for one that may still live, ms. */
  readonly takeoverWaitMs?: number
  /** What a rival sees of the disk with the book on it. */
  readonly disk?: (sound: Disk) => Disk
  /** Of the gateway to Interactive Brokers. */
  readonly defences?: Partial<IbDefences>
}

export interface LifeEnd {
  readonly state: string
  readonly head: string
  readonly restarts: number
  /** Actors that stay down: supervision gave them up. */
  readonly down: ReadonlySet<string>
  readonly positions: ReadonlyArray<readonly [number, number]>
  readonly balances: Effect.Success<SimulatedParts["chain"]["balances"]>
}

export interface Life {
  readonly storage: Storage
  readonly strikes: Strikes
  readonly overload: Overload
  readonly watch: Watch
  readonly seed: number
  /** Number of the life, from 0. */
  readonly life: number
  readonly parts: Parts
  readonly observe: (record: JournalRecord) => void
  /** Lets a rival in where the plan has one. Without it nobody comes. */
  readonly meets?: MeetsRival
  /** This process is a rival. */
  readonly guest?: Guest
}

/** Dies of `Killed`, or of what the faults made of it; both are for the next life. */
export const live = ({
  storage,
  strikes,
  overload,
  watch,
  seed,
  life,
  parts,
  observe,
  meets,
  guest
}: Life): Effect.Effect<LifeEnd> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { stage } = storage
      const { settings } = stage
      const lease = yield* WriterLease.make(settings.storage.leaseMs)
      const exchange = yield* openExchange(storage, lease, parts.defences)
      const opening = openChain(storage)
      const ledger = yield* storage.wire?.time.held(opening) ?? opening
      const readChain = Effect.tap(ledger.balances, (reading) =>
        Effect.sync(() => watch.note("5.7 conservation", -1, chainFault(reading)))
      )
      yield* readChain
      const { venue } = storage
      const mayLeave = () => parts.mayLeave?.(lease) ?? lease.problem()
      const corrected =
        "exchange" in exchange ? correctingBroker(exchange, strikes) : exchange.broker
      const noted = venue.broker(life, corrected)
      const sound = parts.broker?.(noted) ?? noted
      const reached = venue.chain(life, ledger)
      const chain = leasedChain(parts.chain?.(reached) ?? reached, mayLeave)
      const outside = simulatedWorld({
        settings,
        session: stage.session,
        history: stage.history,
        contentHash: "simulation",
        exchange: {
          broker: faultyBroker(
            // A wire looks at the lease itself.
            storage.wire === undefined ? leasedBroker(sound, mayLeave) : sound,
            strikes,
            storage.line,
            guest !== undefined
          ),
          world: "world" in exchange ? exchange.world : { market: watched(storage, life, exchange) }
        },
        chain: faultyChain(chain, strikes),
        inference: faultyInference(stage.inference, strikes)
      })
      let opened: Book | undefined
      const gateways = outside.gateways.map((gateway) =>
        faultyGateway(
          parts.gateway?.(gateway) ?? gateway,
          strikes,
          watch,
          () => opened!.journal.durableThrough(),
          meets,
          storage.wire !== undefined
        )
      )
      const given = deskPlan(settings, { ...surroundings(settings), gateways })
      const plan = parts.plan?.(given) ?? given
      const first = yield* openBook(plan, (record) => {
        // Nothing of it will ever be in the journal; that nothing is, is looked at there.
        if (venue.hasLost(life)) return
        watch.record(record)
        strikes.nowMs = Math.max(strikes.nowMs, record.logicalTimeMs)
        overload.saw(record)
        observe(record)
      })
      const book = parts.book?.(first) ?? first
      opened = book
      lease.heldBy(book.journal)
      venue.belongsTo(life, exchange.broker, ledger)
      if (lease.isOld()) yield* book.journal.renew
      let halts = 0
      for (const record of book.journal.read(0)) {
        if (record.seq > book.recoveredThrough) break
        if (record.type === HaltTrading.type) halts++
        watch.record(record)
      }
      overload.begins(halts)
      const intake = (parts.intake ?? newIntake)({ inputsMax: 8, controlMax: 8 })
      const { speakers, ...world } = outside.world
      // What comes over a wire has the time of its arrival.
      const market =
        storage.wire === undefined
          ? overload.market(faultyMarket(world.market, strikes), intake)
          : world.market
      market.resumeAfter(book.kernel.ledger.sourceCursor("market"))
      for (const speaker of speakers) {
        speaker.resumeAfter(book.kernel.ledger.sourceCursor(speaker.source))
      }
      const deposit = DepositFunds.make({
        depositId: "first-deposit",
        amountMicros: microsOf(settings.vault.depositUsdt)
      })
      const start = [...stage.certificates, { ...deposit, source: operatorSource, sourceSeq: 1 }]
      const inbox = overload.inbox(noCommands)
      const halted = () => (venue.hasLost(life) ? 0 : overload.halts())
      const operators = new OperatorDesk(book, intake, inbox, halted)
      const stopRequested = (): boolean => {
        operators.lookAtSwitch()
        operators.lookOutside()
        return watch.breach !== undefined || (guest !== undefined && strikes.nowMs >= guest.untilMs)
      }
      yield* runSession(
        book,
        checking(straightHost(book, actorCrashes(strikes)), book, watch),
        {
          ...world,
          market,
          speakers,
          control: new OperatorLane(start, book.kernel.ledger, intake)
        },
        plan.gateways,
        {
          commitRecordsMax: 1 + ((seed * 7919 + life) % 2_000),
          snapshotRecords: 500 + ((seed * 104_729) % 6_000),
          speed: Number.POSITIVE_INFINITY,
          leaseMs: settings.storage.leaseMs,
          paceStepMs: 0
        },
        { stopRequested, lease },
        parts.outbox?.(book) ?? new Outbox(book.kernel.ledger, book.recoveredThrough)
      )
      return {
        state: book.stateHash(),
        head: book.journal.head().hash,
        restarts: book.kernel.ledger.restarts,
        down: new Set(book.kernel.ledger.down.keys()),
        positions: yield* Effect.retry(sound.positions, untilReached),
        balances: yield* readChain
      }
    })
  ).pipe(
    Effect.provideService(Journal, journalOf(storage, strikes, seed, parts, meets, guest)),
    Effect.orDie
  )

/** A broker behind a wire may be away at the end. */
const untilReached = { schedule: Schedule.spaced("1 second"), times: 3_600 }

const journalOf = (
  storage: Storage,
  strikes: Strikes,
  seed: number,
  parts: Parts,
  meets: MeetsRival | undefined,
  guest: Guest | undefined
): Journal["Service"] => {
  const { disk, journal, kafka } = storage
  const own = guest === undefined ? journal : storage.beside(parts.disk?.(disk) ?? disk)
  const faulty =
    kafka?.faulty(strikes, parts.kafka, meets, parts.takeoverWaitMs) ??
    faultyJournal(own, simulatedMachine(disk, seed), strikes, meets)
  const changed = parts.journal?.(faulty) ?? faulty
  if (guest === undefined) return changed
  const openWriter = Effect.map(changed.openWriter, (writer) =>
    changedWriter(writer, { commit: Effect.andThen(writer.commit, guest.committed) })
  )
  return { ...changed, openWriter }
}

const newIntake = (limits: IntakeLimits): Intake => new Intake(limits)

/** The session's market, which moves the exchange for as long as the account is this process's. */
const watched = ({ stage, venue }: Storage, life: number, { exchange }: SimulatedBroker) => {
  const { session, history } = stage
  const quotes = makeMarketGateway({ session, history, contentHash: "simulation" })
  return makeWatchedMarket(quotes, {
    watch: (quote, sourceSeq) => {
      if (!venue.hasLost(life)) exchange.watch(quote, sourceSeq)
    }
  })
}

/** Each actor's own invariant, after each turn. */
const checking = (host: Host, book: Book, watch: Watch): Host => ({
  turn: (input, nowMs) =>
    Effect.tap(host.turn(input, nowMs), () =>
      Effect.sync(() => {
        for (const cell of book.kernel.router.cells) {
          if (book.kernel.ledger.down.has(cell.id)) continue
          const why = thrown(() => cell.checkInvariant())
          watch.note(`actor ${cell.id}`, book.kernel.ledger.nextSeq - 1, why)
        }
      })
    ),
  quotes: host.quotes
})

const thrown = (run: () => void): string | undefined => {
  try {
    run()
    return undefined
  } catch (error) {
    return String(error)
  }
}
