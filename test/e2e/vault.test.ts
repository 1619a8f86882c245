import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeHome } from "./home.ts"

const parsed = (out: string) => JSON.parse(out) as Readonly<Record<string, unknown>>
const cents = (usdt: unknown) => BigInt(String(usdt).replace(".", ""))

describe("vault on the command line", () => {
  it.effect("moves money of a finished run by records, and the run still replays", () =>
    Effect.gen(function* () {
      const { command } = yield* makeHome
      const vault = (...args: ReadonlyArray<string>) => command("vault", ...args)
      const run = yield* command("run", "--speed", "max")
      assert.strictEqual(run.code, 0, run.err)
      const before = parsed((yield* vault("show", "--json")).out)
      assert.strictEqual(before.depositedUsdt, "250000.00")

      assert.strictEqual((yield* vault("deposit", "1000.50")).code, 0)
      const tooMuch = yield* vault("withdraw", "999999999")
      assert.strictEqual(tooMuch.code, 1)
      assert.match(tooMuch.err, /the vault refused: withdrawal .*: insufficient free/)
      assert.strictEqual((yield* vault("withdraw", "500")).code, 0)
      const after = parsed((yield* vault("show", "--json")).out)
      assert.strictEqual(after.depositedUsdt, "251000.50")
      assert.strictEqual(after.withdrawnUsdt, "500.00")
      assert.strictEqual(cents(after.freeUsdt) - cents(before.freeUsdt), 50_050n)

      assert.match((yield* vault("freeze", "--minutes", "30")).out, /frozen until/)
      assert.match((yield* vault("withdraw", "1")).err, /the vault refused: .*: frozen/)
      assert.notMatch((yield* vault("thaw")).out, /frozen until/)
      assert.strictEqual((yield* vault("deposit", "-1")).code, 2)
      assert.match((yield* vault("trades")).out, /^main-strategy-\d+ .*closed$/m)

      const verified = yield* command("replay", "--verify")
      assert.strictEqual(verified.code, 0, verified.err)
      assert.match(verified.out, /identical/)
    })
  )

  it.effect("finds a journal that was cut behind the chain's anchor", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      yield* home.command("run", "--speed", "max")
      const sound = yield* home.command("audit", "verify-anchor")
      assert.match(sound.out, /the chain holds the head at record \d+, [0-9a-f]{64}, and/)
      // What a thief of the journal's end leaves: everything through its first commits, whole batches all.
      const folder = home.path("runs/run-0001/journal/main")
      const segment = readdirSync(folder).find((name) => /^0+\d*\./.test(name))!
      const file = join(folder, segment)
      const bytes = readFileSync(file)
      writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length / 2)))
      const cut = yield* home.command("audit", "verify-anchor")
      assert.strictEqual(cut.code, 1)
      assert.match(cut.err, /was cut: it ends at record \d+, and the chain holds its head at/)
    })
  )
})

describe("secrets on the command line", () => {
  it.effect("are made once, named and addressed, rotated, and never shown", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const { command } = home
      const made = yield* command("secrets", "init")
      assert.strictEqual(made.code, 0, made.err)
      for (const name of ["secrets.vault", "secrets.key"]) {
        assert.strictEqual(statSync(home.path(name)).mode & 0o777, 0o600)
      }
      assert.match((yield* command("secrets", "init")).err, /the file exists/)
      const list = JSON.parse((yield* command("secrets", "ls", "--json")).out)
      const names = ["admin", "authority", "delegate", "gate", "guardian", "payer", "trader"]
      assert.deepStrictEqual(
        list.secrets.map(({ name }: { name: string }) => name),
        names
      )
      for (const { address } of list.secrets) assert.match(address, /^[1-9A-HJ-NP-Za-km-z]{32,44}$/)
      assert.strictEqual((yield* command("secrets", "rotate")).code, 0)
      assert.deepStrictEqual(JSON.parse((yield* command("secrets", "ls", "--json")).out), list)
    })
  )
})
