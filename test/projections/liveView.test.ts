import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { ActorDown, ActorRestarted } from "../../src/actors/ports/records/kernel.ts"
import { VenueStatus } from "../../src/actors/ports/records/market.ts"
import { HaltTrading } from "../../src/actors/ports/records/operator.ts"
import { ResolveDifference, Unexplained } from "../../src/actors/ports/records/reconcile.ts"
import { enterScreen, liveScreen } from "../../src/projections/liveScreen.ts"
import { LiveView } from "../../src/projections/liveView.ts"
import { legFills, RecordedDay } from "./recordedDay.ts"

const viewOf = (day: RecordedDay): LiveView => {
  const view = new LiveView({ speed: 200 })
  for (const record of day.records) view.apply(record)
  return view
}

/** A day with an open vertical, quoted, the far side of one leg gone for a minute. */
const openDay = (): RecordedDay => {
  const day = new RecordedDay()
  day.open()
  day.quote(0, 748.4, 748.6)
  const features = day.minute(1)
  day.regime(features)
  const proposed = day.propose(features, "main-strategy-0")
  day.verdicts(proposed, "main-strategy-0", 1)
  day.order(day.converged(proposed, "main-strategy-0", 1), "main-strategy-0")
  day.fill("main-strategy-0", {
    n: 1,
    lastQty: 2,
    legs: legFills("Buy", 2, 5, 3),
    cashMicros: -400_000_000n,
    commissionMicros: 2_600_000n
  })
  day.quote(1, 5.5, 6)
  day.quote(2, 2, 2.4)
  return day
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI is what it takes out
const ansi = /\u001b\[[0-9;?]*[A-Za-z]/g

describe("LiveView", () => {
  it("marks what is held at the side that would close it, with the age of that side", () => {
    const day = openDay()
    day.nowMs += 60_000
    day.quote(1, 0, 6.1)
    const { positions, profit } = viewOf(day)
    assert.deepStrictEqual(
      positions.map(({ name, quantity, mark, ageMs, unrealizedMicros }) => [
        name,
        quantity,
        mark?.micros,
        ageMs,
        unrealizedMicros
      ]),
      [
        ["GOOG 2015-12-31 750C", 2, 5_500_000, 60_000, 100_000_000n],
        ["GOOG 2015-12-31 755C", -2, 2_400_000, 60_000, 120_000_000n]
      ]
    )
    assert.deepStrictEqual(profit, {
      realizedMicros: -2_600_000n,
      openMicros: 220_000_000n,
      unmarked: 0
    })
  })

  it("gives a line per minute and per decision, each once", () => {
    const day = openDay()
    const view = viewOf(day)
    const lines = view.takeLines()
    assert.deepStrictEqual(view.takeLines(), [])
    const minute = lines.find((line) => line.startsWith("09:31 "))
    assert.strictEqual(
      minute,
      "09:31 GOOG 748.4 x 748.6 | P&L 0.00 realized, 0.00 open | 0 open trades | " +
        "vault 100,000.00 free | no regime yet"
    )
    const about = lines.filter((line) => line.includes("main-strategy-0: "))
    assert.strictEqual(about.length, 4, about.join("\n"))
    assert.include(about[0], "volatility proposes to open: 2 x GOOG 2015-12-31 +750C -755C")
    assert.include(about[3], "filled 2 for 2.00: 2 done, 0 left, cash -400.00, commission 2.60")
    const quoted = lines.length
    day.quote(1, 5.5, 6)
    view.apply(day.records.at(-1)!)
    assert.strictEqual(view.takeLines().length, 0, `${quoted} lines came before`)
  })

  it("tells the regime when it changes, and only then", () => {
    const day = new RecordedDay()
    day.open()
    const states = ["calm", "calm", "stressed", "stressed", "calm"] as const
    for (const [at, state] of states.entries()) day.regime(day.minute(at + 1), state)
    const lines = viewOf(day).takeLines()
    assert.strictEqual(lines.filter((line) => / regime (calm|stressed) /.test(line)).length, 3)
  })

  it("keeps a bounded number of lines, and says how many it left out", () => {
    const day = new RecordedDay()
    day.open()
    const view = viewOf(day)
    view.takeLines()
    const halted = day.input("operator", HaltTrading.make({ reason: "test" }))
    for (let n = 0; n < 20_000; n++) view.apply(halted)
    const lines = view.takeLines()
    assert.isAtMost(lines.length, 5_001)
    const [, leftOut] = /^\((\d+) lines left out\)$/.exec(lines[0]!)!
    assert.strictEqual(+leftOut! + lines.length - 1, 20_000)
    assert.isAtMost(view.decisions.length, 200)
  })

  it("says that the broker is away, or its account unexplained, until that is over", () => {
    const day = new RecordedDay()
    day.open()
    const venue = (connection: "Up" | "Lost", reason: string) =>
      day.input("market", VenueStatus.make({ connection, marketData: "Alive", reason }))
    const difference = {
      ...{ differenceId: "d1", what: "position of GOOG", expected: "0", found: "7" },
      ...{ instruments: [0], transactTimeMs: day.nowMs }
    }
    venue("Up", "")
    venue("Lost", "no connection for 60000 ms")
    day.input("broker", Unexplained.make(difference))
    const away = viewOf(day)
    const [lost, unexplained] = away.takeLines().slice(-2)
    assert.match(lost!, /ALERT: the broker cannot be reached: no connection for 60000 ms; no new/)
    assert.match(unexplained!, /position of GOOG: expected 0, found 7; no new risk/)
    assert.match(away.minuteLine(), /BROKER AWAY: no connection .* \| UNEXPLAINED: 1/)
    const shown = liveScreen(away, { columns: 200, rows: 40 }, "PAPER")
    assert.include(shown, "BROKER    AWAY: no connection for 60000 ms")
    assert.include(shown, "ACCOUNT   unexplained: position of GOOG")
    venue("Up", "")
    day.input("operator", ResolveDifference.make({ differenceId: "d1", reason: "mine" }))
    const back = viewOf(day)
    assert.match(back.takeLines().at(-2)!, /the broker is there/)
    assert.notMatch(back.minuteLine(), /AWAY|UNEXPLAINED/)
    assert.notMatch(liveScreen(back, { columns: 200, rows: 40 }, "PAPER"), /AWAY|unexplained:/)
  })

  it("lets no control character of a reason through", () => {
    const day = new RecordedDay()
    day.open()
    const reason = "boom\u001b[2J\nsecond line"
    day.input("kernel", ActorRestarted.make({ failed: "strategy", at: 1, group: [], reason }))
    day.input("operator", HaltTrading.make({ reason }))
    const view = viewOf(day)
    const [restarted, halted] = view.takeLines().slice(-2)
    assert.include(restarted, "boom [2J second line")
    assert.include(halted, "boom [2J second line")
    const screen = liveScreen(view, { columns: 200, rows: 40 }, "SIMULATED")
    assert.include(screen, "HALTED    boom [2J second line")
    assert.isFalse(screen.includes("\u001b[2J"))
  })
})

describe("liveScreen", () => {
  const Size = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 220 }))
  const day = openDay()
  for (let minute = 2; minute < 40; minute++) day.minute(minute)
  day.input("operator", HaltTrading.make({ reason: "test" }))
  const view = viewOf(day)

  it.prop(
    "stays inside the terminal: no line in the last column, no more lines than rows",
    [Size, Size],
    ([columns, rows]) => {
      const screen = liveScreen(view, { columns, rows }, "SIMULATED  nothing leaves this machine")
      const lines = screen.replaceAll(ansi, "").split("\r\n")
      assert.isAtMost(lines.length, Math.max(6, rows))
      for (const line of lines) assert.isBelow(line.length, Math.max(20, columns))
    }
  )

  it("draws over the last screen: home, then each line clears its own rest", () => {
    const screen = liveScreen(view, { columns: 100, rows: 30 }, "SIMULATED")
    assert.isTrue(screen.startsWith("\u001b[H"))
    assert.isTrue(screen.endsWith("\u001b[J"))
    assert.isFalse(screen.includes("\u001b[2J"))
    const lines = screen.split("\r\n")
    for (const line of lines) assert.include(line, "\u001b[K")
    assert.isTrue(enterScreen.includes("\u001b[?25l"))
  })

  it("shows time, profit, positions, regime, supervision, speed and the last decisions", () => {
    const down = openDay()
    const group = [{ actor: "features", cursor: 1 }]
    const failure = { failed: "features", at: 1, group, upDueMs: -1, reason: "thrown" }
    down.input("kernel", ActorDown.make({ failures: [failure] }))
    const screen = liveScreen(viewOf(down), { columns: 140, rows: 40 }, "SIMULATED")
    const text = screen.replaceAll(ansi, "")
    assert.include(
      text,
      "2015-12-24 09:31:00 New York  open, 209 min to the close  200 x real time"
    )
    assert.include(text, "P&L       +217.40 USD: realized -2.60, open +220.00")
    assert.match(text, /GOOG 2015-12-31 750C +2 +5\.5 +0 s +\+100\.00 {2}main-strategy-0/)
    assert.include(text, "Regime    calm 90.0 %, 5-day volatility 20.0 %")
    assert.include(text, "DOWN: features")
    assert.include(text.split("\r\n").at(-1)!, "features down from record 1: thrown")
  })
})
