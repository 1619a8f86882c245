/**
 * A file with age identities, one a line, the newest first; readable by its owner alone.
 *
 * A file that others may read is refused: what it protected may have been read already.
 */
import * as fs from "node:fs"
import { generateX25519Identity, identityToRecipient } from "age-encryption"
import { writeWhole } from "./wholeFile.ts"

export interface KeyFile {
  /** Of the newest identity; makes the file where there is none. */
  readonly recipient: () => Promise<string>
  readonly identities: () => ReadonlyArray<string>
  /** With a new identity first; once `rewrap` is through, it is the only one. */
  readonly renewed: (rewrap: () => Promise<void>) => Promise<void>
}

export const openKeyFile = (file: string): KeyFile => {
  const write = (identities: ReadonlyArray<string>): void =>
    writeWhole(
      file,
      `# age identity of OptionsIB: keep it apart from what it opens\n${identities.join("\n")}\n`
    )

  const identities = (): ReadonlyArray<string> => {
    const stat = fs.statSync(file, { throwIfNoEntry: false })
    if (stat === undefined) throw new Error(`its key file ${file} is missing`)
    const mode = stat.mode & 0o777
    if ((mode & 0o077) !== 0) {
      const shown = mode.toString(8).padStart(4, "0")
      throw new Error(`its key file ${file} has mode ${shown}; allowed is 0600: chmod 600 it`)
    }
    const found = fs
      .readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("#"))
    if (found.length === 0 || !found.every((line) => line.startsWith("AGE-SECRET-KEY-1"))) {
      throw new Error(`its key file ${file} does not hold age identities, one a line`)
    }
    return found
  }

  return {
    recipient: async () => {
      if (!fs.existsSync(file)) write([await generateX25519Identity()])
      return identityToRecipient(identities()[0]!)
    },
    identities,
    renewed: async (rewrap) => {
      const old = identities()
      const next = await generateX25519Identity()
      write([next, ...old])
      await rewrap()
      write([next])
    }
  }
}
