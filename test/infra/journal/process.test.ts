import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { BookLocked } from "../../../src/actors/ports/Journal.ts"
import { makeFileJournal } from "../../../src/infra/journal/file/FileJournal.ts"
import { codec, turnsFrom } from "../../contract/journal/records.ts"

const script = fileURLToPath(new URL("writerProcess.ts", import.meta.url))

const temporaryDirectory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "journal-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** A writer in a process of its own: its lines as they come, and its death. */
class WriterProcess {
  readonly lines: Array<string> = []
  readonly #child: ChildProcess
  readonly #died: Promise<void>
  #wake: () => void = () => {}

  constructor(directory: string) {
    this.#child = spawn(process.execPath, [script, directory], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    this.#died = new Promise((resolve) => this.#child.once("close", () => resolve()))
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      this.lines.push(line)
      this.#wake()
    })
  }

  /** Waits until it has printed that many lines or has died. */
  printed(count: number): Effect.Effect<void> {
    return Effect.promise(async () => {
      while (this.lines.length < count) {
        const more = new Promise<boolean>((resolve) => {
          this.#wake = () => resolve(true)
        })
        if (!(await Promise.race([more, this.#died.then(() => false)]))) return
      }
    })
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** By SIGKILL; returns when nothing of it is left. */
  kill(): Effect.Effect<void> {
    return Effect.promise(() => {
      this.#child.kill("SIGKILL")
      return this.#died
    })
  }
}

const started = (directory: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new WriterProcess(directory)),
    (writer) => writer.kill()
  )

describe("A book held by another process", () => {
  it.live(
    "is refused to a second one, also while the first is stopped, and free once it is killed",
    () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const journal = makeFileJournal(codec, { directory, book: "alpha" })
        const first = yield* started(directory)
        yield* first.printed(2)
        assert.strictEqual(first.lines[0], "held")
        assert.instanceOf(yield* Effect.flip(Effect.scoped(journal.openWriter)), BookLocked)
        const second = yield* started(directory)
        yield* second.printed(1)
        assert.match(
          second.lines[0]!,
          /^book alpha at .* is open in another process: stop that one/
        )
        first.signal("SIGSTOP")
        assert.instanceOf(yield* Effect.flip(Effect.scoped(journal.openWriter)), BookLocked)
        yield* first.kill()
        const writer = yield* journal.openWriter
        assert.isAtLeast(writer.opened.lastSeq, 0)
      }).pipe(Effect.scoped)
  )

  it.live(
    "killed again and again keeps all that it said was durable, whole turns and nothing else",
    () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const journal = makeFileJournal(codec, {
          directory,
          book: "alpha",
          segmentBytesMax: 20_000
        })
        for (const lines of [4, 30]) {
          const writer = yield* started(directory)
          yield* writer.printed(lines)
          yield* writer.kill()
          const reader = yield* journal.openReader
          const records = [...reader.read(0)]
          assert.isAtLeast(records.length - 1, Number(writer.lines.at(-1)))
          assert.deepStrictEqual(records, turnsFrom(0, records.length))
        }
      }).pipe(Effect.scoped)
  )
})
