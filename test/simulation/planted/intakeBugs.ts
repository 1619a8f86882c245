/** Bugs of what stands before the sequencer, shown where more comes than it holds. */
import type { QuotePayload } from "../../../src/actors/ports/records/market.ts"
import { type Command, Intake, type IntakeLimits } from "../../../src/actors/runtime/Intake.ts"
import type { EventDraft, InputDraft } from "../../../src/domain/journal/record.ts"
import { intakeName } from "../../../src/simulation/invariants/intake.ts"
import type { Bug } from "./bug.ts"

type Quote = InputDraft<string, QuotePayload>

const counting = (quote: Quote, replaced: number): Quote => ({
  ...quote,
  payload: { ...quote.payload, replaced }
})

class Forgetful extends Intake {
  override control(draft: EventDraft): Command {
    return super.control(draft) ?? { draft, seq: -1 }
  }
}

class Fair extends Intake {
  readonly #arrived: Array<Command> = []

  override control(draft: EventDraft): Command | undefined {
    const command = super.control(draft)
    if (command !== undefined) this.#arrived.push(command)
    return command
  }

  override takeControl(): Command | undefined {
    super.takeControl()
    return this.#arrived.shift()
  }
}

class Silent extends Intake {
  override take(): InputDraft | undefined {
    const input = super.take()
    return input?.type === "Quote" ? counting(input as Quote, 0) : input
  }
}

/** Keeps what came first. */
class Stale extends Intake {
  readonly #first = new Map<number, Quote>()

  override quote(input: Quote): void {
    const first = this.#first.get(input.payload.instrument) ?? input
    this.#first.set(input.payload.instrument, first)
    super.quote(first)
  }

  override take(): InputDraft | undefined {
    const input = super.take()
    if (input?.type === "Quote") this.#first.delete((input as Quote).payload.instrument)
    return input
  }
}

/** Has room for so many quotes and no more. */
class Dropping extends Intake {
  override quote(input: Quote): void {
    if (this.size() < 40) super.quote(input)
  }
}

const bug = (defect: string, make: (limits: IntakeLimits) => Intake): Bug => ({
  layer: "intake",
  defect,
  breaks: [intakeName],
  scenario: "overload",
  seeds: 10,
  parts: () => ({ intake: make })
})

export const intakeBugs: ReadonlyArray<Bug> = [
  bug("a command for which there is no room is taken for given", (limits) => new Forgetful(limits)),
  bug("the kill switch waits behind other commands", (limits) => new Fair(limits)),
  bug("quotes that were replaced are not counted", (limits) => new Silent(limits)),
  bug("of the quotes that wait the first is kept", (limits) => new Stale(limits)),
  bug("quotes that come when many wait are dropped", (limits) => new Dropping(limits))
]
