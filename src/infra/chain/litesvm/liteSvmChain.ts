/**
 * The vault's program in this process, over a log of its own: the embedded chain.
 *
 * The log holds every transaction that was run, refused ones too, and the answer that came of them. It is written and synced
 * before the answer is given; the state is rebuilt by running it again, never from the desk's journal, and every answer must
 * come out as it was given. Keys come from the session's seed: nothing here is a secret.
 */
import { createHash } from "node:crypto"
import type { PublicKey } from "@solana/web3.js"
import { Effect, Result, Schema, type Scope } from "effect"
import {
  type ChainAnswer,
  ChainCorrupt,
  type ChainShape,
  ChainUnavailable
} from "../../../actors/ports/Chain.ts"
import { type LogMedium, openFileMedium } from "../../log/medium.ts"
import type { Cluster } from "../Cluster.ts"
import { type DeskSigners, signersOfSeed } from "../keys/deskKeys.ts"
import { signerOf } from "../keys/signers.ts"
import { openEntryLog } from "../log/entryLog.ts"
import { decodeVault, type ProgramLimits } from "../program/accounts.ts"
import { signTransaction } from "../transaction.ts"
import { Answered } from "../vault/answerLog.ts"
import { makeProgramChain } from "../vault/ProgramChain.ts"
import { setupDrafts } from "../vault/vaultDrafts.ts"
import { noMark, type VaultParties, vaultParties } from "../vault/vaultParties.ts"
import { type Genesis, LiteSvmCluster } from "./LiteSvmCluster.ts"

export interface LiteSvmTerms {
  /** Of the session, and the book's name: they give the keys. */
  readonly seed: number
  readonly book: string
  readonly limits: ProgramLimits
  /** The compiled program. */
  readonly program: Uint8Array
}

/** The first line of a log: what the rest of it was run on. */
const Began = Schema.TaggedStruct("Began", {
  version: Schema.Literal(1),
  /** SHA-256 of the program, hex. */
  program: Schema.String,
  vault: Schema.String,
  limits: Schema.Struct({
    tradeMicrosMax: Schema.BigInt,
    outstandingMicrosMax: Schema.BigInt,
    adjustMicrosMax: Schema.BigInt,
    reservationMsMax: Schema.Int,
    freezeMsMax: Schema.Int,
    tradeMsMax: Schema.Int,
    timelockMs: Schema.Int
  })
})
const Entry = Schema.Union([Began, Answered])
type Entry = typeof Entry.Type

/** Opens the chain over a medium: runs its log again, cuts a torn tail. */
export const openLiteSvmChain = (
  medium: LogMedium,
  terms: LiteSvmTerms
): Effect.Effect<ChainShape, ChainCorrupt | ChainUnavailable> =>
  Effect.gen(function* () {
    const { place } = medium
    const log = yield* Effect.flatMap(
      attempt(place, () => openEntryLog<Entry>(medium, Entry)),
      Effect.fromResult
    )
    const world = makeWorld(terms)
    const [first, ...rest] = log.entries
    const began = beginning(terms, world.parties, first)
    if (first === undefined) yield* attempt(place, () => log.append(began))
    else yield* Effect.fromResult(checkBeginning(place, first, began))
    yield* attempt(place, () => setUp(world, began.limits))
    const answered = new Map<string, ChainAnswer>()
    for (const [at, entry] of rest.entries()) {
      if (entry._tag === "Began") {
        return yield* new ChainCorrupt({ place, verifiedThrough: at, why: "it begins twice" })
      }
      yield* Effect.fromResult(rerun(world, entry, place, at))
      const { balances, instruction, number, outcome } = entry
      answered.set(entry.key, { number, outcome, balances, instruction })
    }
    let transactions: Array<Answered["transactions"][number]> = []
    const cluster: Cluster = {
      place,
      description: `the vault's program in LiteSVM, over ${place}`,
      nowMs: () => world.svm.nowMs(),
      execute: ({ draft, nowMs }) =>
        attempt(place, () => {
          log.check()
          const { wire } = signTransaction(draft, world.svm.blockhash())
          transactions.push({ atMs: nowMs, wire: Buffer.from(wire).toString("base64") })
          return world.svm.run(wire, nowMs)
        }),
      accounts: (addresses) =>
        attempt(place, () => {
          log.check()
          return addresses.map((at) => world.svm.account(at))
        })
    }
    return makeProgramChain({
      cluster,
      parties: world.parties,
      answered,
      remember: (request, answer) =>
        attempt(place, () => {
          const run = transactions
          transactions = []
          log.append({ _tag: "Answered", ...request, ...answer, transactions: run })
        })
    })
  })

/** The chain in `vault.log` of a directory; closed with the scope. */
export const openFileLiteSvmChain = (
  file: string,
  terms: LiteSvmTerms
): Effect.Effect<ChainShape, ChainCorrupt | ChainUnavailable, Scope.Scope> =>
  Effect.acquireRelease(
    attempt(file, () => openFileMedium(file)),
    (medium) => Effect.sync(medium.close)
  ).pipe(Effect.flatMap((medium) => openLiteSvmChain(medium, terms)))

interface World {
  readonly svm: LiteSvmCluster
  readonly parties: VaultParties
}

/** Of the simulated trader and counterparty each: more than any session moves. */
const holdingMicros = 1_000_000_000_000_000n

/** Whose vault a session's seed and book give. */
export const liteSvmParties = ({ book, seed }: LiteSvmTerms): VaultParties => {
  const signers = signersOfSeed(seed, book)
  return vaultParties({ ...placesOf(signers), signers, mark: noMark })
}

const makeWorld = (terms: LiteSvmTerms): World => {
  const parties = liteSvmParties(terms)
  const { at, outside, signers } = parties
  const genesis: Genesis = {
    program: { id: at.programId, bytes: terms.program },
    mint: at.mint,
    holders: [
      { account: outside, owner: signers.trader.publicKey, micros: holdingMicros },
      { account: at.settlement, owner: signers.authority.publicKey, micros: holdingMicros }
    ],
    payers: [signers.payer.publicKey]
  }
  return { svm: new LiteSvmCluster(genesis), parties }
}

/** Addresses that nobody has to sign for, each from a name and a key of the desk. */
const placesOf = ({ authority, trader }: DeskSigners) => {
  const named = (name: string, owner: PublicKey): PublicKey =>
    signerOf(createHash("sha256").update(name).update(owner.toBytes()).digest()).publicKey
  return {
    programId: named("vault program", trader.publicKey),
    mint: named("usdt", trader.publicKey),
    outside: named("trader's usdt", trader.publicKey),
    settlement: named("settlement usdt", authority.publicKey)
  }
}

const beginning = (
  { limits, program }: LiteSvmTerms,
  { at }: VaultParties,
  first: Entry | undefined
): typeof Began.Type => ({
  _tag: "Began",
  version: 1,
  program: createHash("sha256").update(program).digest("hex"),
  vault: at.vault.address.toBase58(),
  // What the log says was set up is a fact; settings that changed since do not undo it.
  limits: first?._tag === "Began" ? first.limits : limits
})

const checkBeginning = (
  place: string,
  first: Entry,
  now: typeof Began.Type
): Result.Result<void, ChainCorrupt> => {
  const corrupt = (why: string) => Result.fail(new ChainCorrupt({ place, verifiedThrough: 0, why }))
  if (first._tag !== "Began") return corrupt("it does not say what it was run on")
  if (first.program !== now.program) {
    return corrupt(`it was run by program ${first.program}, this build has ${now.program}`)
  }
  return first.vault === now.vault
    ? Result.succeed(undefined)
    : corrupt(`it is of vault ${first.vault}, and this run's seed and book give ${now.vault}`)
}

const setUp = ({ parties, svm }: World, limits: ProgramLimits): void => {
  for (const draft of setupDrafts(parties, limits)) {
    const executed = svm.run(signTransaction(draft, svm.blockhash()).wire, 0)
    if (executed._tag === "Refused") throw new Error(`its set-up was refused: ${executed.text}`)
  }
}

const rerun = (
  { parties, svm }: World,
  { number, transactions }: Answered,
  place: string,
  verifiedThrough: number
): Result.Result<void, ChainCorrupt> => {
  for (const { atMs, wire } of transactions) svm.run(Buffer.from(wire, "base64"), atMs)
  const vault = svm.account(parties.at.vault.address)
  return vault !== undefined && decodeVault(vault).entries === number
    ? Result.succeed(undefined)
    : Result.fail(
        new ChainCorrupt({
          place,
          verifiedThrough,
          why: `run again, its transactions do not end in entry ${number}`
        })
      )
}

const attempt = <A>(place: string, run: () => A): Effect.Effect<A, ChainUnavailable> =>
  Effect.try({
    try: run,
    catch: (thrown) =>
      new ChainUnavailable({
        place,
        why: thrown instanceof Error ? thrown.message : String(thrown)
      })
  })
