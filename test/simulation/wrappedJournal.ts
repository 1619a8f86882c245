/** A journal whose writer does some things in another way. */
import { Effect } from "effect"
import type { Journal, JournalWriter } from "../../src/actors/ports/Journal.ts"
import { changedWriter } from "../../src/simulation/faulty/journal.ts"

type JournalPort = Journal["Service"]

/** Its writer with these members instead. */
export const withWriter =
  (over: (sound: JournalWriter) => Partial<JournalWriter>) =>
  (sound: JournalPort): JournalPort => ({
    openWriter: Effect.map(sound.openWriter, (writer) => changedWriter(writer, over(writer))),
    openReader: sound.openReader,
    saveSnapshot: (snapshot) => sound.saveSnapshot(snapshot),
    loadSnapshot: (atMost) => sound.loadSnapshot(atMost)
  })
