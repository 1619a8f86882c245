/** Several books in one process, and the outside in processes of its own. */
import { readdirSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Summary } from "./desk.ts"
import { type Home, makeHome } from "./home.ts"

const max = ["--speed", "max", "--json"]

/** The servers as processes, and the flags that name them. */
const servers = (home: Home) =>
  Effect.gen(function* () {
    const flags: Array<string> = []
    for (const which of ["exchange", "vault"]) {
      const server = yield* home.start(`${which}-server`, "--data-dir", home.path("servers"))
      yield* server.printed(/listens on 127\.0\.0\.1:\d+\n/)
      flags.push(`--${which}`, /listens on (\S+)\n/.exec(server.out)![1]!)
    }
    return flags
  })

describe("run --books", () => {
  it.live("writes each book's chain as if it ran alone, over servers too", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const at = (name: string) => ["--data-dir", home.path(name)]
      const alone = yield* home.command("run", ...max, "--book", "A", ...at("alone"))
      assert.strictEqual(alone.code, 0, alone.err)
      const { headHash, stateHash } = JSON.parse(alone.out) as Summary
      const outside = yield* servers(home)
      for (const where of [[], outside]) {
        const dir = at(`together-${where.length}`)
        const ended = yield* home.command("run", ...max, "--books", "A,B", ...dir, ...where)
        assert.strictEqual(ended.code, 0, ended.err)
        const { books, failures } = JSON.parse(ended.out)
        assert.deepStrictEqual(failures, {})
        assert.deepInclude(books.A, { headHash, stateHash })
        assert.notStrictEqual(books.B.headHash, headHash)
        const replay = yield* home.command("replay", "--verify", "--run", "run-0002", ...dir)
        assert.strictEqual(replay.code, 0, replay.err)
      }
      for (const kind of ["exchange", "vault"]) {
        const accounts = readdirSync(home.path("servers", kind))
        assert.deepStrictEqual(accounts.map((name) => name[0]).sort(), ["A", "B"])
      }
    }).pipe(Effect.scoped)
  )

  it.live("names the book that failed, and lets the others end", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const nobody = ["--exchange", "127.0.0.1:9", ...max]
      const ended = yield* home.command("run", "--books", "A,B", ...nobody)
      assert.strictEqual(ended.code, 1)
      assert.match(ended.err, /book A: the venue simulated exchange at 127\.0\.0\.1:9 cannot be/)
      assert.match(ended.err, /book B: /)
    }).pipe(Effect.scoped)
  )

  it.live("refuses names that are none, a group without Kafka, and servers elsewhere", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const refused = (...args: ReadonlyArray<string>) =>
        Effect.map(home.command("run", ...args), ({ code, err }) => {
          assert.isAbove(code ?? 0, 0)
          return err
        })
      assert.match(yield* refused("--books", "A,,B"), /--books is "A,,B", and "" is no name/)
      assert.match(yield* refused("--books", "A,A"), /"A" is .*there twice/)
      assert.match(yield* refused("--group", "g"), /--group needs a journal that other machines/)
      assert.match(
        yield* refused("--exchange", "10.0.0.1:7"),
        /servers\.exchange is "10\.0\.0\.1:7"/
      )
      assert.match(yield* refused("--chaos", "pause:never@10:00"), /pause:send@HH:MM/)
    }).pipe(Effect.scoped)
  )
})
