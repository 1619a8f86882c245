import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Ended, summaryOf } from "./desk.ts"
import { makeHome } from "./home.ts"
import { inProcess } from "./inProcess.ts"

/** One clear sentence: no stack, nothing on standard output but what was printed before. */
const refused = ({ code, err }: Ended, exit: number, ...words: ReadonlyArray<string>): void => {
  assert.strictEqual(code, exit, err)
  for (const word of words) assert.include(err, word)
  assert.notMatch(err, /^\s+at /m)
  assert.notInclude(err, "a bug stopped it")
}

describe("Wrong settings", () => {
  it.effect(
    "end with exit code 2 and name file, path, value and what is allowed, all at once",
    () =>
      Effect.gen(function* () {
        const home = yield* makeHome
        const config = home.config({
          seed: "one",
          surprise: 1,
          vault: { depositUsdt: "12.3456789" },
          supervision: { poisonLimit: 1 }
        })
        const ended = yield* home.runWith(config, "run", "--speed", "0")
        refused(ended, 2, "config-0.json", "command line: run.speed is 0; allowed: ")
        refused(
          ended,
          2,
          'seed is "one"; allowed: ',
          "surprise is not a setting; known there: book"
        )
        refused(ended, 2, 'vault.depositUsdt is "12.3456789"; allowed: a decimal string in USD')
        refused(ended, 2, "supervision.poisonLimit is 1; allowed: ")
        assert.strictEqual(ended.out, "")
        assert.deepStrictEqual(readdirSync(home.dataDir), [])

        const broken = join(home.folder, "broken.yaml")
        writeFileSync(broken, "run: [1,\nspeed: {")
        refused(yield* home.commandWith(broken, "run"), 2, "broken.yaml: not readable as YAML")
        refused(yield* home.commandWith("missing.yaml", "run"), 2, "missing.yaml", "no such file")
      })
  )

  it.effect("and wrong arguments are told before a run begins", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      refused(
        yield* home.command("run", "--chaos", "crash:nobody@10:15"),
        2,
        "--chaos",
        "there is no actor nobody; allowed: feed, vault, executor"
      )
      refused(yield* home.command("run", "--speed", "fast"), 2, 'run.speed is "fast"; allowed: ')
      refused(yield* home.command("run", "--seed", "x"), 2, "seed")
      refused(yield* home.command("run", "--sed", "1"), 2, "--sed")
      refused(
        yield* home.command("run", "--session", "goog-2015"),
        1,
        "there is no session goog-2015",
        "goog-2015-12-24"
      )
      refused(yield* home.run("--env", "prod"), 1, "mode live needs a broker")
      assert.deepStrictEqual(readdirSync(home.dataDir), [])
    })
  )
})

describe("A data directory", () => {
  it.effect("is one process's at a time, and another one is told so", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const first = yield* home.start("run", "--speed", "1000")
      yield* first.printed("run-0001")
      refused(yield* home.run("run"), 1, "book main", "is open in another process")
      refused(yield* home.command("runs", "rm", "run-0001"), 1, "is open in another process")
      first.signal("SIGKILL")
      yield* first.ended
      refused(
        yield* home.command("run", "--seed", "2"),
        1,
        "run-0001",
        "unfinished",
        "runs rm run-0001",
        "--data-dir"
      )
      const runFile = home.path("runs/run-0001/run.json")
      const sound = readFileSync(runFile, "utf8")
      const info = { ...JSON.parse(sound), contentHash: "0".repeat(64) }
      writeFileSync(runFile, JSON.stringify(info))
      refused(yield* home.command("run"), 1, "run-0001", "is not what it was when it began")
      writeFileSync(runFile, sound)
      const resumed = yield* home.command("run", "--json", "--speed", "max")
      assert.strictEqual(summaryOf(resumed).runId, "run-0001")
    }).pipe(Effect.scoped)
  )

  it.effect("with a foreign or missing journal is refused and left as it is", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      refused(
        yield* home.command("replay", "--verify"),
        1,
        "there is no run in",
        "runs there: none"
      )
      const run = yield* home.command("run", "--json", "--speed", "max")
      assert.strictEqual(run.code, 0, run.err)
      refused(yield* home.command("replay", "--verify", "--run", "run-7"), 1, "run-7", "run-0001")
      const runFolder = home.path("runs/run-0001")

      cpSync(runFolder, home.path("runs/run-0002"), { recursive: true })
      const other = JSON.parse(readFileSync(join(runFolder, "run.json"), "utf8"))
      const foreign = { ...other, runId: "run-0002", book: "other" }
      writeFileSync(home.path("runs/run-0002/run.json"), JSON.stringify(foreign))
      mkdirSync(home.path("runs/run-0002/journal/other"))
      const segment = "0000000000000000.segment"
      cpSync(
        join(runFolder, "journal/main", segment),
        home.path("runs/run-0002/journal/other", segment)
      )
      refused(yield* home.command("replay", "--verify"), 1, "run-0002")

      rmSync(home.path("runs/run-0002/journal"), { recursive: true })
      refused(yield* home.command("replay", "--verify"), 1, "run-0002 has no journal")
      const unfinished = { ...other, runId: "run-0002", finished: false }
      writeFileSync(home.path("runs/run-0002/run.json"), JSON.stringify(unfinished))
      refused(
        yield* home.command("run"),
        1,
        "run-0002 cannot go on",
        "is missing",
        "runs rm run-0002"
      )
      assert.notInclude(readdirSync(home.path("runs/run-0002")), "journal")
      writeFileSync(home.path("runs/run-0002/run.json"), "not a run")
      refused(yield* home.command("runs", "ls"), 1, "run-0002", "damaged")
    })
  )

  it.effect(
    "that fills up stops the run with a sentence; what was durable replays, and it goes on",
    () =>
      Effect.gen(function* () {
        const home = yield* makeHome
        const full = yield* home.startLimited(600, "run", "--speed", "max")
        const ended = yield* full.ended
        refused(ended, 1, "journal", "cannot be written")
        const replay = yield* home.command("replay", "--verify", "--json")
        assert.strictEqual(replay.code, 0, replay.err)
        assert.isAbove(JSON.parse(replay.out).records, 1_000)
        const resumed = yield* home.command("run", "--json", "--speed", "max")
        const { runId, stateHash } = summaryOf(resumed)
        assert.strictEqual(runId, "run-0001")
        const whole = yield* home.command("run", "--json", "--speed", "max", "--journal", "memory")
        assert.strictEqual(stateHash, summaryOf(whole).stateHash)
      }).pipe(Effect.scoped)
  )
})

describe("Every command", () => {
  it.effect("says what it does, with an example", () =>
    Effect.gen(function* () {
      const commands = [[], ["run"], ["replay"], ["audit"], ["validate"], ["preflight"], ["runs"]]
      const helps = yield* Effect.forEach(commands, (command) => inProcess(...command, "--help"), {
        concurrency: 2
      })
      for (const { code, out } of helps) {
        assert.strictEqual(code, 0)
        assert.include(out, "EXAMPLES")
        assert.include(out, "node dist/main.js")
      }
      const version = yield* inProcess("--version")
      assert.match(version.out, /^optionsib v\d+\.\d+\.\d+\n$/)
    })
  )

  it.effect("that checks the machine passes, and names each failure", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const good = yield* home.command("preflight")
      assert.strictEqual(good.code, 0, good.err)
      assert.match(good.out, /all \d checks passed/)
      const models = join(home.folder, "nothing")
      const file = join(home.folder, "file")
      writeFileSync(file, "")
      const config = home.config({ folders: { models }, storage: { dataDir: join(file, "data") } })
      const bad = yield* home.commandWith(config, "preflight")
      assert.strictEqual(bad.code, 1)
      assert.include(bad.out, "FAIL  model: ")
      assert.include(bad.out, "FAIL  data directory: ")
      assert.include(bad.err, "2 of")
      refused(
        yield* home.commandWith(config, "run"),
        1,
        "preflight: model: ",
        "preflight: data directory: "
      )
    })
  )
})
