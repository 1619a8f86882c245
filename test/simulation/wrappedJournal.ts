/** A journal whose writer does some things in another way. */
import { Effect } from "effect"
import type { Journal, JournalWriter } from "../../src/actors/ports/Journal.ts"

type JournalPort = Journal["Service"]

/** Its writer with these members instead. */
export const withWriter =
  (over: (sound: JournalWriter) => Partial<JournalWriter>) =>
  (sound: JournalPort): JournalPort => ({
    openWriter: Effect.map(sound.openWriter, (writer) => ({
      opened: writer.opened,
      append: (record) => writer.append(record),
      pending: () => writer.pending(),
      durableThrough: () => writer.durableThrough(),
      commit: writer.commit,
      truncatePending: (seq) => writer.truncatePending(seq),
      read: (from) => writer.read(from),
      headers: (from) => writer.headers(from),
      head: () => writer.head(),
      link: () => writer.link(),
      firstSeq: () => writer.firstSeq(),
      forget: (before) => writer.forget(before),
      renew: writer.renew,
      heldSinceMs: () => writer.heldSinceMs(),
      interruption: () => writer.interruption(),
      ...over(writer)
    })),
    openReader: sound.openReader,
    saveSnapshot: (snapshot) => sound.saveSnapshot(snapshot),
    loadSnapshot: (atMost) => sound.loadSnapshot(atMost)
  })
