/**
 * A slice of the real GOOG session as a session folder of its own: the whole day, the stock, and the strikes around the
 * trade that the desk makes on it. A tenth of the rows, so that a process runs it in a second.
 */
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { root } from "./desk.ts"

const sessionName = "goog-2015-12-24"

/** Share of the spot that a strike may be away, by expiration. */
type Widths = Readonly<Record<string, number>>
const aroundTheTrade: Widths = { "2015-12-24": 0.006, "2016-02-19": 0.21 }
const spot = 748

interface Listed {
  readonly file: string
}

/** Writes `directory`/goog-2015-12-24. */
export const writeSmallSession = (directory: string, widths = aroundTheTrade): void => {
  const from = join(root, "data/sessions", sessionName)
  const to = join(directory, sessionName)
  mkdirSync(to, { recursive: true })
  const manifest = JSON.parse(readFileSync(join(from, "session.json"), "utf8"))
  const slice = (listed: Listed): object => {
    const rows = gunzipSync(readFileSync(join(from, listed.file)))
      .toString("latin1")
      .trimEnd()
      .split("\n")
    const header = rows[0]!.split(",")
    const [expiry, strike] = [header.indexOf("expiry"), header.indexOf("strike")]
    const kept = rows.filter((row, at) => {
      if (at === 0 || expiry < 0) return true
      const fields = row.split(",")
      return Math.abs(Number(fields[strike]) / spot - 1) < (widths[fields[expiry]!] ?? 0)
    })
    const text = `${kept.join("\n")}\n`
    const file = listed.file.replace(/\.gz$/, "")
    writeFileSync(join(to, file), text)
    const sha256 = createHash("sha256").update(text).digest("hex")
    return { ...listed, file, rows: kept.length - 1, sha256 }
  }
  const sliced = {
    ...manifest,
    contracts: slice(manifest.contracts),
    files: manifest.files.map(slice)
  }
  writeFileSync(join(to, "session.json"), JSON.stringify(sliced))
}
