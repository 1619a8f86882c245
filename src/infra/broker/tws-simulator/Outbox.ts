/** Messages that go out later, in the order of their time, those of one time in the order they were caused. */
import type { Message } from "../tws-wire/answers.ts"
import type { Connection } from "./office.ts"

interface Delayed {
  readonly dueMs: number
  readonly to: Connection
  readonly message: Message
}

export class Outbox {
  readonly #delayed: Array<Delayed> = []

  add(to: Connection, message: Message, dueMs: number): void {
    let at = this.#delayed.length
    while (at > 0 && this.#delayed[at - 1]!.dueMs > dueMs) at--
    this.#delayed.splice(at, 0, { dueMs, to, message })
  }

  nextDueMs(): number {
    return this.#delayed[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  takeDue(nowMs: number): Delayed | undefined {
    return this.nextDueMs() <= nowMs ? this.#delayed.shift() : undefined
  }
}
