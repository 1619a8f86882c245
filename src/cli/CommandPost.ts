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
import type { EventDraft } from "../domain/journal/record.ts"

export class CommandPost {
  readonly #inbox: CommandInbox
  readonly #book: Book
  /** The source number of each command's record, until that is durable. */
  readonly #entered = new Map<string, number>()

  constructor(inbox: CommandInbox, book: Book) {
    this.#inbox = inbox
    this.#book = book
  }

  /** `enter` takes a command into the control lane and gives its source number. Called between two inputs. */
  look(enter: (draft: EventDraft) => number, operatorCursor: number): void {
    const { journal, kernel } = this.#book
    const isDurable = journal.durableThrough() === kernel.ledger.nextSeq - 1
    for (const [id, sourceSeq] of this.#entered) {
      if (!isDurable || sourceSeq > operatorCursor) continue
      this.#inbox.taken(id)
      this.#entered.delete(id)
    }
    for (const waiting of this.#inbox.waiting()) {
      if (!this.#entered.has(waiting.id)) this.#entered.set(waiting.id, enter(draftOf(waiting)))
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
