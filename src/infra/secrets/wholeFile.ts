/** Writes a private file whole or not at all. */
import * as fs from "node:fs"
import * as path from "node:path"

/** Mode 0600; written beside, synced, renamed, and the folder synced. */
export const writeWhole = (file: string, text: string): void => {
  const folder = path.dirname(file)
  fs.mkdirSync(folder, { recursive: true })
  const beside = `${file}.tmp`
  fs.rmSync(beside, { force: true })
  const open = fs.openSync(beside, "wx", 0o600)
  try {
    fs.writeFileSync(open, text)
    fs.fsyncSync(open)
  } finally {
    fs.closeSync(open)
  }
  fs.renameSync(beside, file)
  const directory = fs.openSync(folder, "r")
  fs.fsyncSync(directory)
  fs.closeSync(directory)
}
