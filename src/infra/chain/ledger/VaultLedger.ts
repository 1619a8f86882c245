/**
 * SIMULATED chain: the vault's economics over an append-only log of its own.
 *
 * Invariant: an answer is given only for an entry that the log holds durably; the state is the log,
 * folded. There is no consensus, no signature and no fee here; the on-chain program takes this
 * place behind the same port.
 */
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import {
  type ChainAnswer,
  type ChainCorrupt,
  type ChainRequest,
  type ChainShape,
  ChainUnavailable
} from "../../../actors/ports/Chain.ts"
import type { Outcome } from "../../../domain/vault/instruction.ts"
import { applyInstruction } from "../../../domain/vault/vault.ts"
import {
  balancesOf,
  emptyVault,
  type VaultLimits,
  type VaultState,
  vaultInvariant
} from "../../../domain/vault/vaultState.ts"
import { type LogMedium, openFileMedium } from "../../log/medium.ts"
import type { EntryLog } from "../log/entryLog.ts"
import { type LedgerEntry, openLedgerLog } from "./ledgerLog.ts"

const vaultLogName = "vault.log"

/** Opens the vault over a medium; folds its log, cuts a torn tail. */
export const openVaultLedger = (
  medium: LogMedium,
  limits: VaultLimits
): Effect.Effect<ChainShape, ChainCorrupt | ChainUnavailable> =>
  Effect.gen(function* () {
    const opened = yield* attempt(medium.place, () => openLedgerLog(medium))
    return new VaultLedger(yield* Effect.fromResult(opened), limits)
  })

/** The ledger in `vault.log` of a directory; closed with the scope. */
export const openFileVaultLedger = (
  directory: string,
  limits: VaultLimits
): Effect.Effect<ChainShape, ChainCorrupt | ChainUnavailable, Scope.Scope> =>
  Effect.acquireRelease(
    attempt(directory, () => openFileMedium(join(directory, vaultLogName))),
    (medium) => Effect.sync(medium.close)
  ).pipe(Effect.flatMap((medium) => openVaultLedger(medium, limits)))

class VaultLedger implements ChainShape {
  readonly description: string
  readonly balances = Effect.sync(() => ({
    ...balancesOf(this.state),
    heldMicros: this.state.freeMicros + this.state.reservedMicros,
    counterpartyMicros: this.state.counterpartyMicros,
    depositedMicros: this.state.depositedMicros,
    withdrawnMicros: this.state.withdrawnMicros,
    frozenUntilMs: this.state.frozenUntilMs,
    anchor: this.state.anchor
  }))
  readonly trades = Effect.sync(() => [...this.state.trades.values()])
  private readonly log: EntryLog<LedgerEntry>
  private readonly limits: VaultLimits
  private state: VaultState = emptyVault
  private readonly answers = new Map<string, ChainAnswer>()
  /**
   * A write failed: what the medium holds is not known, so nothing is answered until it is opened
   * again.
   */
  private broken: string | undefined
  /** Only a trade's due time is worked out from a limit rather than checked against it. */
  private readonly noLimits: VaultLimits

  constructor(log: EntryLog<LedgerEntry>, limits: VaultLimits) {
    this.log = log
    this.limits = limits
    this.noLimits = { ...noBounds, tradeMsMax: limits.tradeMsMax }
    this.description = `SIMULATED vault ledger at ${log.place}`
    for (const entry of log.entries) this.fold(entry)
  }

  readonly submit = (request: ChainRequest): Effect.Effect<ChainAnswer, ChainUnavailable> =>
    Effect.suspend(() => {
      const known = this.answers.get(request.key)
      if (known !== undefined) return Effect.succeed(known)
      if (this.broken !== undefined) return Effect.fail(this.unavailable(this.broken))
      const [state, outcome] = this.decide(request)
      const entry: LedgerEntry = { number: this.answers.size + 1, ...request, outcome }
      try {
        this.log.append(entry)
      } catch (cause) {
        this.broken = String(cause)
        return Effect.fail(this.unavailable(this.broken))
      }
      return Effect.succeed(this.accept(entry, state))
    })

  readonly find = (key: string) => Effect.sync(() => this.answers.get(key))

  readonly trade = (tradeId: string) => Effect.sync(() => this.state.trades.get(tradeId))

  private unavailable(why: string): ChainUnavailable {
    return new ChainUnavailable({ place: this.log.place, why })
  }

  private decide(request: ChainRequest): readonly [VaultState, Outcome] {
    return applyInstruction(this.state, request.instruction, request.nowMs, this.limits)
  }

  /** What the log says happened is a fact; limits that changed since do not undo it. */
  private fold(entry: LedgerEntry): void {
    const state =
      entry.outcome._tag === "Applied"
        ? applyInstruction(this.state, entry.instruction, entry.nowMs, this.noLimits)[0]
        : this.state
    this.accept(entry, state)
  }

  private accept(entry: LedgerEntry, state: VaultState): ChainAnswer {
    vaultInvariant(state)
    this.state = state
    const { instruction, number, outcome } = entry
    const answer = { number, outcome, balances: balancesOf(state), instruction }
    this.answers.set(entry.key, answer)
    return answer
  }
}

const unbounded = 2n ** 64n
const noBounds = {
  tradeMicrosMax: unbounded,
  outstandingMicrosMax: unbounded,
  adjustMicrosMax: unbounded,
  reservationMsMax: Number.MAX_SAFE_INTEGER,
  freezeMsMax: Number.MAX_SAFE_INTEGER
}

const attempt = <A>(place: string, run: () => A): Effect.Effect<A, ChainUnavailable> =>
  Effect.try({ try: run, catch: (cause) => new ChainUnavailable({ place, why: String(cause) }) })
