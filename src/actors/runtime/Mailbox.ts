/**
 * A bounded mailbox. Full is a defect, not a wait: what a turn can put into it is bounded by the cascade.
 */
import { type Cause, Effect, Queue } from "effect"

class MailboxFull extends Error {
  override readonly name = "MailboxFull"
}

export interface Mailbox<A> {
  /** Puts a message in; the receiver runs later, never inside this call's frame. Throws `MailboxFull`. */
  readonly tell: (message: A) => void
  /** Everything that waits, oldest first; suspends while there is nothing. */
  readonly takeAll: Effect.Effect<ReadonlyArray<A>>
  readonly take: Effect.Effect<A>
}

export const makeMailbox = Effect.fnUntraced(function* <A>(
  owner: string,
  capacity: number
): Effect.fn.Return<Mailbox<A>> {
  const queue: Queue.Queue<A, Cause.Done> = yield* Queue.dropping<A, Cause.Done>(capacity)
  return {
    tell: (message) => {
      if (!Queue.offerUnsafe(queue, message)) {
        throw new MailboxFull(`mailbox of ${owner} is full at ${capacity} messages`)
      }
    },
    takeAll: Effect.orDie(Queue.takeAll(queue)),
    take: Effect.orDie(Queue.take(queue))
  }
})
