/** `secrets init|set|ls|rotate`: the keys and passwords of a desk, sealed in a file. No value is ever printed. */
import { Console, Effect, Redacted, Stdio, Stream } from "effect"
import { Argument, CliError, Command } from "effect/cli"
import type { SecretStore } from "../actors/ports/Secrets.ts"
import { CannotStart } from "./Launcher.ts"
import type { Overrides } from "./settingsFlags.ts"
import { configFlag, dataDirFlag, envFlag, jsonFlag, readSettings } from "./settingsFlags.ts"
import { VaultDesk } from "./VaultDesk.ts"

const flags = { config: configFlag, env: envFlag, dataDir: dataDirFlag, json: jsonFlag }
type Options = Overrides & { readonly json: boolean }

const withStore = <A, E, R>(
  options: Options,
  use: (store: SecretStore) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const settings = yield* readSettings(options)
    return yield* use(yield* (yield* VaultDesk).secrets(settings))
  })

/** Whatever the store says is a sentence. */
const told = <A>(effect: Effect.Effect<A, { readonly message: string }>) =>
  Effect.mapError(effect, ({ message }) => new CannotStart({ why: message }))

const say = (options: Options, object: object, text: string) =>
  Console.log(options.json ? JSON.stringify(object) : text)

const init = Command.make("init", flags, (options) =>
  withStore(options, (store) =>
    Effect.gen(function* () {
      const desk = yield* VaultDesk
      const keys = yield* desk.freshKeys
      yield* told(store.create(keys))
      const names = [...keys.keys()]
      const text = `${store.place}: ${names.join(", ")}; protected by ${store.protection}`
      yield* say(options, { place: store.place, names, protection: store.protection }, text)
    })
  )
).pipe(Command.withDescription("Make the file, with new keys for everyone who signs for a vault"))

const set = Command.make(
  "set",
  { ...flags, name: Argument.String("name") },
  ({ name, ...options }) =>
    withStore(options, (store) =>
      Effect.gen(function* () {
        if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) {
          return yield* new CliError.ValidationError({
            message: `name is ${JSON.stringify(name.slice(0, 70))}; allowed: 1 to 64 small letters, digits and hyphens, a letter first`
          })
        }
        const value = yield* readValue
        if (value === "") {
          return yield* new CliError.ValidationError({
            message: "the value is read from standard input, and nothing came"
          })
        }
        yield* told(store.set(name, Redacted.make(value)))
        yield* say(options, { place: store.place, set: name }, `${name} is set in ${store.place}`)
      })
    )
).pipe(
  Command.withDescription(
    "Keep one secret; its value is read from standard input, never from arguments"
  )
)

const list = Command.make("ls", flags, (options) =>
  withStore(options, (store) =>
    Effect.gen(function* () {
      const desk = yield* VaultDesk
      const values = yield* told(store.read)
      const secrets = []
      for (const [name, value] of values) {
        const address = yield* desk.addressOf(name, value)
        secrets.push({ name, ...(address !== undefined && { address }) })
      }
      const lines = secrets.map(({ address = "", name }) => `  ${name.padEnd(12)} ${address}`)
      yield* say(
        options,
        { place: store.place, protection: store.protection, secrets },
        [`${store.place}, protected by ${store.protection}`, ...lines]
          .map((line) => line.trimEnd())
          .join("\n")
      )
    })
  )
).pipe(Command.withDescription("Names, and the chain addresses of keys; no values"))

const rotate = Command.make("rotate", flags, (options) =>
  withStore(options, (store) =>
    Effect.gen(function* () {
      yield* told(store.rotate)
      yield* say(
        options,
        { place: store.place, rotated: true },
        `${store.place}: sealed under a new data key; protected by ${store.protection}`
      )
    })
  )
).pipe(
  Command.withDescription("Seal everything under a new data key; a key file gets a new key too")
)

/** Without the line's end that a terminal or `echo` adds. */
const readValue = Effect.gen(function* () {
  const { stdin } = yield* Stdio.Stdio
  const text = yield* Stream.mkString(Stream.decodeText(stdin))
  return text.replace(/\r?\n$/, "")
}).pipe(
  Effect.mapError(() => new CannotStart({ why: "the value could not be read from standard input" }))
)

export const secretsCommand = Command.make("secrets").pipe(
  Command.withDescription("Keys and passwords, sealed in a file"),
  Command.withExamples([
    { command: "node dist/main.js secrets init", description: "make the file and its keys" },
    {
      command: "node dist/main.js secrets set trader < id.json",
      description: "keep a key that exists"
    }
  ]),
  Command.withSubcommands([init, set, list, rotate])
)
