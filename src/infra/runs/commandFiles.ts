/** Commands as files: RUN/commands/cli-000001.json, `.taken` once its record is durable. */
import * as fs from "node:fs"
import * as path from "node:path"
import { Option, Schema } from "effect"
import { type CommandInbox, OperatorCommand } from "../../actors/ports/Commands.ts"

const folderOf = (runFolder: string): string => path.join(runFolder, "commands")
const commandName = /^(cli-\d{6})\.json(?:\.taken)?$/

const Json = Schema.fromJsonString(Schema.toCodecJson(OperatorCommand))
const encode = Schema.encodeSync(Json)
const decode = Schema.decodeUnknownOption(Json)

/** What is no command of ours is left where it is. */
export const commandInbox = (runFolder: string): CommandInbox => {
  const folder = folderOf(runFolder)
  return {
    waiting: () =>
      names(folder)
        .filter((name) => name.endsWith(".json"))
        .flatMap((name) => {
          const command = Option.getOrUndefined(
            decode(fs.readFileSync(path.join(folder, name), "utf8"))
          )
          return command === undefined ? [] : [{ id: idOf(name), command }]
        }),
    taken: (id) => {
      const file = path.join(folder, `${id}.json`)
      if (fs.existsSync(file)) fs.renameSync(file, `${file}.taken`)
    }
  }
}

/** Durable when it returns; gives the command's id. */
export const giveCommand = (runFolder: string, command: OperatorCommand): string => {
  const folder = folderOf(runFolder)
  fs.mkdirSync(folder, { recursive: true })
  for (let number = names(folder).length + 1; ; number++) {
    const id = `cli-${String(number).padStart(6, "0")}`
    const file = path.join(folder, `${id}.json`)
    if (fs.existsSync(file) || fs.existsSync(`${file}.taken`)) continue
    const beside = `${file}.${process.pid}`
    const open = fs.openSync(beside, "wx", 0o600)
    fs.writeFileSync(open, encode(command))
    fs.fsyncSync(open)
    fs.closeSync(open)
    try {
      // Fails where another process took the number meanwhile; the file is whole when it gets its name.
      fs.linkSync(beside, file)
      return id
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown
    } finally {
      fs.rmSync(beside)
    }
  }
}

/** Whether its record is in the run's journal. */
export const wasTaken = (runFolder: string, id: string): boolean =>
  fs.existsSync(path.join(folderOf(runFolder), `${id}.json.taken`))

const names = (folder: string): ReadonlyArray<string> =>
  fs.existsSync(folder)
    ? fs
        .readdirSync(folder)
        .filter((name) => commandName.test(name))
        .sort()
    : []

const idOf = (name: string): string => commandName.exec(name)![1]!
