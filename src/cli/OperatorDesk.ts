/**
 * Where operators reach a running book: the kill switch, and the commands from outside its process.
 *
 * What the intake has no room for stays with its sender and is given again, so nothing that an operator said is lost.
 */
import type { CommandInbox } from "../actors/ports/Commands.ts"
import { HaltTrading } from "../actors/ports/records/operator.ts"
import type { Book } from "../actors/runtime/Book.ts"
import type { Command, Intake } from "../actors/runtime/Intake.ts"
import type { EventDraft } from "../domain/journal/record.ts"
import { CommandPost } from "./CommandPost.ts"

export class OperatorDesk {
  readonly #intake: Intake
  readonly #post: CommandPost
  readonly #halts: () => number
  #haltsGiven = 0

  /** `halts`: how often the kill switch was thrown. */
  constructor(
    book: Pick<Book, "journal">,
    intake: Intake,
    commands: CommandInbox,
    halts: () => number
  ) {
    this.#intake = intake
    this.#post = new CommandPost(commands, book)
    this.#halts = halts
  }

  /** False where the intake is full: give it again. */
  give(draft: EventDraft): boolean {
    return this.#enter(draft) !== undefined
  }

  /** Called before each input. */
  lookAtSwitch(): void {
    while (this.#haltsGiven < this.#halts()) {
      if (!this.give(HaltTrading.make({ reason: "kill switch (SIGUSR2)" }))) return
      this.#haltsGiven++
    }
  }

  /** Takes in what was told from outside the process; called between two inputs. */
  lookOutside(): void {
    this.#post.look(this.#enter)
  }

  readonly #enter = (draft: EventDraft): Command | undefined => this.#intake.control(draft)
}
