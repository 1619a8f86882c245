/** What the commands on vault and secrets need of the composition root. */
import { Context, type Effect, type Redacted, type Scope } from "effect"
import type { VaultReading } from "../actors/ports/Chain.ts"
import type { OperatorCommand } from "../actors/ports/Commands.ts"
import type { SecretStore } from "../actors/ports/Secrets.ts"
import type { JournalRecord } from "../domain/journal/record.ts"
import type { Outcome } from "../domain/vault/instruction.ts"
import type { TradeAccount } from "../domain/vault/vaultState.ts"
import type { Settings } from "../supervisors/settings.ts"
import type { CannotStart, LaunchError, OpenRun, RecordedRun } from "./Launcher.ts"

/** Addresses in base58, by what they are. */
export type VaultAddressBook = Readonly<Record<string, string>>

export interface VaultLook {
  /** What the chain is, for people. */
  readonly chain: string
  readonly addresses: VaultAddressBook
  readonly reading: VaultReading
  /** In the order of their reservations. */
  readonly trades: ReadonlyArray<TradeAccount>
  /** What became of an operator's transfer; undefined before the chain's answer. */
  readonly transfer: (kind: "Deposit" | "Withdraw", id: string) => Outcome | undefined
}

export class VaultDesk extends Context.Service<
  VaultDesk,
  {
    readonly secrets: (settings: Settings) => Effect.Effect<SecretStore, CannotStart>
    /** New keys for everyone who signs for a vault. */
    readonly freshKeys: Effect.Effect<ReadonlyMap<string, Redacted.Redacted<string>>>
    /** The chain address of a vault's key; undefined for any other secret. */
    readonly addressOf: (
      name: string,
      value: Redacted.Redacted<string>
    ) => Effect.Effect<string | undefined, CannotStart>
    /** Reads a run's chain, whoever writes to it, and changes nothing. */
    readonly look: (recorded: RecordedRun) => Effect.Effect<VaultLook, CannotStart>
    /** Makes the vault on the settings' cluster; what exists is left as it is. */
    readonly setUp: (settings: Settings) => Effect.Effect<VaultAddressBook, CannotStart>
    /** Leaves a command for the run's process, durable; gives its id. */
    readonly give: (
      recorded: RecordedRun,
      command: OperatorCommand
    ) => Effect.Effect<string, CannotStart>
    /** Whether the command's record is in the run's journal. */
    readonly wasTaken: (recorded: RecordedRun, id: string) => Effect.Effect<boolean>
    /** A finished run once more, its market over. */
    readonly reopen: (recorded: RecordedRun) => Effect.Effect<OpenRun, LaunchError, Scope.Scope>
    /** The journal's head (hex) after record `seq`; undefined where the records end before it. */
    readonly headAt: (
      recorded: RecordedRun,
      records: Iterable<JournalRecord>,
      seq: number
    ) => string | undefined
  }
>()("optionsib/cli/VaultDesk") {}
