/** Enters into a running book what operators told it from outside its process. */

import type { CommandInbox, WaitingCommand } from "../actors/ports/Commands.ts"
import {
  DepositFunds,
  FreezeVault,
  ThawVault,
  WithdrawFunds
} from "../actors/ports/records/operator.ts"
import { ResolveDifference } from "../actors/ports/records/reconcile.ts"
import type { Book } from "../actors/runtime/Book.ts"
import type { Command } from "../actors/runtime/Intake.ts"
import type { EventDraft } from "../domain/journal/record.ts"

export class CommandPost {
  readonly #inbox: CommandInbox
  readonly #book: Pick<Book, "journal">
  /** Until the record of each is durable. */
  readonly #entered = new Map<string, Command>()

  constructor(inbox: CommandInbox, book: Pick<Book, "journal">) {
    this.#inbox = inbox
    this.#book = book
  }

  /** `enter` takes a command into the control lane, or nothing where that is full. Called between two inputs. */
  look(enter: (draft: EventDraft) => Command | undefined): void {
    const durableThrough = this.#book.journal.durableThrough()
    for (const [id, { seq }] of this.#entered) {
      if (seq < 0 || seq > durableThrough) continue
      this.#inbox.taken(id)
      this.#entered.delete(id)
    }
    for (const waiting of this.#inbox.waiting()) {
      if (this.#entered.has(waiting.id)) continue
      const command = enter(draftOf(waiting))
      // Those behind it stay where they are: they come in the order in which they were given.
      if (command === undefined) return
      this.#entered.set(waiting.id, command)
    }
  }
}

const draftOf = ({ command, id }: WaitingCommand): EventDraft => {
  switch (command._tag) {
    case "Deposit":
      return DepositFunds.make({ depositId: id, amountMicros: command.amountMicros })
    case "Withdraw":
      return WithdrawFunds.make({ withdrawalId: id, amountMicros: command.amountMicros })
    case "Freeze":
      return FreezeVault.make({ forMs: command.forMs, reason: command.reason })
    case "Thaw":
      return ThawVault.make({ reason: command.reason })
    case "Resolve":
      return ResolveDifference.make({
        differenceId: command.differenceId,
        reason: command.reason
      })
  }
}
