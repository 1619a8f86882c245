/** A TWS simulator as a server of its own, and what a desk in mode paper recorded beside it. */
import { readFileSync } from "node:fs"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { start } from "./desk.ts"
import type { Home } from "./home.ts"

/** It never closes, so any hour of any day will do. Port 0 takes a free one. */
export const serveSimulator = (home: Home, wanted: number) =>
  Effect.gen(function* () {
    const simulator = yield* start(
      ...["tws-simulator", "--port", `${wanted}`, "--symbol", "SPY", "--json"],
      ...["--data-dir", home.path("simulator")]
    )
    yield* simulator.printed('"port"')
    return { simulator, port: Number(JSON.parse(simulator.out.split("\n")[0]!).port) }
  })

/** Its port. */
export const startSimulator = (home: Home) =>
  Effect.map(serveSimulator(home, 0), ({ port }) => port)

export interface Row {
  readonly seq: number
  readonly epoch: number
  readonly actor: string
  readonly type: string
  readonly logicalTimeMs: number
  readonly sourceSeq: number
  readonly payload: Readonly<Record<string, unknown>>
}

export const recordsOf = (home: Home, config: string) =>
  Effect.gen(function* () {
    const out = home.path("records.jsonl")
    const args = ["journal", "export", "--env", "paper", "--out", out] as const
    const { code, err } = yield* home.commandWith(config, ...args)
    assert.strictEqual(code, 0, err)
    const [, ...lines] = readFileSync(out, "utf8").trimEnd().split("\n")
    return lines.map((line): Row => JSON.parse(line)).filter(({ type }) => type !== undefined)
  })

export const typed = (rows: ReadonlyArray<Row>, type: string) =>
  rows.filter((row) => row.type === type)
