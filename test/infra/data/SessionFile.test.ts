import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gunzipSync, gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { parseDate } from "../../../src/domain/market/civilDate.ts"
import { epochMsOfNewYork } from "../../../src/domain/market/newYorkTime.ts"
import {
  decodeSession,
  listSessions,
  loadSession,
  type SessionError
} from "../../../src/infra/data/SessionFile.ts"
import {
  contractLines,
  decodeFixture,
  type Fixture,
  fixtureName,
  optionLines,
  packed,
  stockLines,
  tradeLines
} from "./sessionFixture.ts"

const sessions = fileURLToPath(new URL("../../../data/sessions", import.meta.url))

const failure = (fixture: Fixture, rows?: Record<string, number>): SessionError => {
  const result = decodeFixture(fixture, rows)
  return Result.isFailure(result) ? result.failure : assert.fail("the session was decoded")
}

describe("session goog-2015-12-24", () => {
  it.effect("has 275,552 option rows of 2,192 contracts, 165 of them not tradable", () =>
    Effect.gen(function* () {
      const session = yield* loadSession(sessions, "goog-2015-12-24")
      const [options, stock, trades] = session.report.files
      assert.strictEqual(options?.rows, 275_552)
      assert.strictEqual(options?.notTradable, 165)
      assert.strictEqual(options?.quotes, 275_387)
      assert.strictEqual(stock?.rows, 260)
      assert.strictEqual(trades?.rows, 227)
      assert.strictEqual(session.report.badRows + session.report.badContracts, 0)
      assert.strictEqual(session.instruments.length, 1 + 2_192)
      assert.strictEqual(session.rowCount, 275_387 + 209)
      const expiring = session.instruments.filter(
        (each) => each.kind === "Option" && each.contract.expiration === "2015-12-24"
      )
      assert.isAbove(expiring.length, 0)
      assert.deepStrictEqual(expiring[0], {
        kind: "Option",
        id: 1,
        symbol: "GOOG  151224C00590000",
        contract: {
          underlying: "GOOG",
          optionType: "Call",
          strikeMicros: 590_000_000,
          expiration: "2015-12-24",
          exerciseStyle: "American",
          multiplier: 100
        }
      })
      assert.deepStrictEqual(
        session.days.map((day) => [day.date, day.earlyClose]),
        [["2015-12-24", true]]
      )
      const { openMs, closeMs } = session.days[0]!
      for (let row = 0; row < session.rowCount; row++) {
        const timeMs = session.timeMs[row]!
        if (!(timeMs > openMs && timeMs <= closeMs)) assert.fail(`row ${row} is at ${timeMs}`)
      }
      assert.strictEqual(session.assumptions.closes[0]?.closeMicros, 748_400_000)
    })
  )
})

describe("session twx-2014-06-05", () => {
  it.effect("holds exactly the rows of its files in trading hours, read another way", () =>
    Effect.gen(function* () {
      const session = yield* loadSession(sessions, "twx-2014-06-05")
      const idOf = new Map(session.instruments.map((each) => [each.symbol, each.id]))
      const expected: Array<string> = []
      for (const date of ["2014-06-05", "2014-06-06"]) {
        for (const kind of ["stockQuotes", "optionQuotes"]) {
          const path = `${sessions}/twx-2014-06-05/${kind}-${date}.csv.gz`
          const lines = gunzipSync(readFileSync(path)).toString().trimEnd().split("\n").slice(1)
          for (const line of lines) {
            const fields = line.split(",")
            const ms = Number(fields[1])
            if (ms < 34_200_000 || ms >= 57_600_000) continue
            const [expiry = "", strike = "", right] = kind === "optionQuotes" ? fields.slice(2) : []
            const thousandths = Math.round(Number(strike) * 1_000)
            const symbol =
              expiry === ""
                ? "TWX"
                : `TWX   ${expiry.slice(2).replaceAll("-", "")}${right}${String(thousandths).padStart(8, "0")}`
            const [bid, bidSize, , , , ask, askSize] = fields.slice(expiry === "" ? 5 : 8)
            expected.push(
              [
                epochMsOfNewYork(parseDate(date)!, ms + 60_000),
                String(idOf.get(symbol)).padStart(4, "0"),
                Math.round(Number(bid) * 1e6),
                Number(bidSize),
                Math.round(Number(ask) * 1e6),
                Number(askSize)
              ].join(" ")
            )
          }
        }
      }
      const found = Array.from({ length: session.rowCount }, (_, row) =>
        [
          session.timeMs[row],
          String(session.instrument[row]).padStart(4, "0"),
          session.bidMicros[row],
          session.bidSize[row],
          session.askMicros[row],
          session.askSize[row]
        ].join(" ")
      )
      assert.strictEqual(found.length, 57_554)
      // Both begin with time and instrument, and no two rows share them.
      assert.deepStrictEqual(found, expected.sort())
    })
  )
})

describe("loadSession", () => {
  it.effect("names the sessions there are where one is missing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(loadSession(sessions, "../sessions/goog-2015-12-24"))
      assert.strictEqual(error._tag, "SessionMissing")
      assert.include(error.message, "it has: goog-2015-12-24, twx-2014-06-05")
      const nowhere = yield* Effect.flip(loadSession(`${sessions}/none`, "goog-2015-12-24"))
      assert.include(nowhere.message, "it has: none")
    })
  )

  it("lists what it can load", () => {
    assert.deepStrictEqual(listSessions(sessions), ["goog-2015-12-24", "twx-2014-06-05"])
  })
})

describe("decodeSession", () => {
  it("refuses a file that is not the one digested", () => {
    const error = failure({
      files: (files) => files.set("options.csv.gz", packed(["anything"]))
    })
    assert.strictEqual(error._tag, "SessionTampered")
    assert.match(
      error.message,
      /^session file options\.csv\.gz was changed: its sha256 is [0-9a-f]/
    )
  })

  it("refuses a session of which a file is missing, cut short or no gzip", () => {
    const missing = failure({ files: (files) => files.delete("stock.csv.gz") })
    assert.strictEqual(missing._tag, "SessionUnreadable")
    assert.include(missing.message, "stock.csv.gz could not be read: there is no such file")
    const whole = packed(["date"])
    const cut = failure({ stock: whole.slice(0, whole.length - 4) })
    assert.strictEqual(cut._tag, "SessionUnreadable")
    assert.strictEqual(failure({ stock: Buffer.from("plain") })._tag, "SessionUnreadable")
  })

  it("refuses a file that unpacks to more than 256 MiB", () => {
    const bomb = gzipSync(Buffer.alloc(257 * 1024 * 1024), { level: 1 })
    assert.strictEqual(failure({ trades: bomb })._tag, "SessionUnreadable")
  })

  it("refuses a file with other columns or another number of rows", () => {
    const columns = failure({ options: packed(["date,ms_of_day"]) })
    assert.strictEqual(columns._tag, "SessionInvalid")
    assert.include(columns.message, 'options.csv.gz is not valid: its header is "date,ms_of_day"')
    const rows = failure({}, { optionQuotes: 6 })
    assert.include(rows.message, "options.csv.gz is not valid: it has 5 rows, session.json says 6")
  })

  it("refuses a session.json that contradicts itself, in one sentence", () => {
    const changes: ReadonlyArray<[(manifest: Record<string, unknown>) => unknown, string]> = [
      [(manifest) => ({ ...manifest, name: "other" }), 'its name is "other"'],
      [(manifest) => ({ ...manifest, format: 2 }), "format"],
      [(manifest) => ({ ...manifest, dates: ["2015-12-25"] }), "a day the exchange is open"],
      [(manifest) => ({ ...manifest, dates: ["2015-12-28"] }), "not in dates"],
      [(manifest) => ({ ...manifest, dates: ["2015-12-24", "2015-12-24"] }), "not in order"],
      [(manifest) => ({ ...manifest, closes: [] }), "closes has no price for 2015-12-24"],
      [(manifest) => ({ ...manifest, riskFreeRate: 5 }), "riskFreeRate"],
      [(manifest) => ({ ...manifest, contracts: { file: "../x", rows: 1 } }), "contracts"],
      [() => "text", "session.json is not valid"],
      [() => null, "session.json is not valid"]
    ]
    for (const [manifest, evidence] of changes) {
      const error = failure({ manifest })
      assert.strictEqual(error._tag, "SessionInvalid")
      assert.include(error.message, evidence)
      assert.notInclude(error.message, "\n")
    }
  })

  it.prop(
    "answers hostile bytes in any file with a session or an error",
    [
      Schema.Literals(["session.json", "contracts.csv.gz", "options.csv.gz", "trades.csv.gz"]),
      Schema.Uint8Array
    ],
    ([file, bytes]) => {
      const result = decodeFixture({
        ...(file === "contracts.csv.gz" && { contracts: gzipSync(bytes) }),
        ...(file === "options.csv.gz" && { options: bytes }),
        ...(file === "trades.csv.gz" && { trades: gzipSync(bytes) }),
        files: (files) => {
          if (file === "session.json") files.set(file, bytes)
        }
      })
      assert.isTrue(Result.isFailure(result))
    }
  )

  it.prop(
    "answers changed bytes in any file of true digest with a session or an error",
    [
      Schema.Literals(["manifest", "contracts", "options", "stock", "trades"]),
      Schema.Array(
        Schema.Tuple([
          Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5_000 })),
          Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
        ])
      ).check(Schema.isMinLength(1), Schema.isMaxLength(4))
    ],
    ([file, changes]) => {
      const changed = (bytes: Uint8Array): Uint8Array => {
        const copy = Uint8Array.from(bytes)
        for (const [at, byte] of changes) copy[at % copy.length] = byte
        return copy
      }
      const lines = {
        contracts: contractLines,
        options: optionLines,
        stock: stockLines,
        trades: tradeLines
      }
      const result = decodeFixture(
        file === "manifest"
          ? { files: (all) => all.set("session.json", changed(all.get("session.json")!)) }
          : { [file]: gzipSync(changed(Buffer.from(lines[file].join("\n")))) }
      )
      if (Result.isFailure(result)) {
        assert.match(result.failure.message, /^session file /)
        return
      }
      const { report, instruments } = result.success
      const { rows, quotes, trades, notTradable, outsideHours, badRows } = report
      assert.strictEqual(quotes + trades + notTradable + outsideHours + badRows, rows)
      assert.strictEqual(instruments.length, 4 - report.badContracts)
    }
  )

  it("never opens a file outside the session's folder", () => {
    const opened: Array<string> = []
    const escaping = (name: string) =>
      failure({
        manifest: (manifest) => ({
          ...manifest,
          files: [{ ...(manifest.files as ReadonlyArray<object>)[0], file: name }]
        })
      })
    for (const name of ["../secret", "/etc/passwd", "a/b", "..", ""]) {
      assert.strictEqual(escaping(name)._tag, "SessionInvalid", name)
    }
    decodeSession(fixtureName, (file) => {
      opened.push(file)
      return Result.succeed(Buffer.from("{}"))
    })
    assert.deepStrictEqual(opened, ["session.json"])
  })
})
