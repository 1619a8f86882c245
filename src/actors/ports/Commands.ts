/**
 * What operators tell a run from outside its process: a folder of the run that its process looks into.
 *
 * A command is entered at least once and carries an id, so that one entered twice counts once: the vault knows its transfers by
 * their ids, and a freeze, thaw or resolution repeated changes nothing.
 */
import { Schema } from "effect"

/** Amounts: micro-USDT. */
export const OperatorCommand = Schema.Union([
  Schema.TaggedStruct("Deposit", { amountMicros: Schema.BigInt }),
  Schema.TaggedStruct("Withdraw", { amountMicros: Schema.BigInt }),
  Schema.TaggedStruct("Freeze", { forMs: Schema.Int, reason: Schema.String }),
  Schema.TaggedStruct("Thaw", { reason: Schema.String }),
  Schema.TaggedStruct("Resolve", { differenceId: Schema.String, reason: Schema.String })
])
export type OperatorCommand = typeof OperatorCommand.Type

export interface WaitingCommand {
  /** Unique in its run. */
  readonly id: string
  readonly command: OperatorCommand
}

/** The process's own side: plain calls, made between two inputs. */
export interface CommandInbox {
  /** In the order in which they were given. */
  readonly waiting: () => ReadonlyArray<WaitingCommand>
  /** Its record is durable. */
  readonly taken: (id: string) => void
}

export const noCommands: CommandInbox = { waiting: () => [], taken: () => {} }
