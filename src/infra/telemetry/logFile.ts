/** Appends lines to a file through a stream: a disk that is slow or full costs the desk nothing but the lines. */
import { createWriteStream } from "node:fs"
import * as path from "node:path"
import { Effect, type Scope } from "effect"

export const openLogFile = (
  folder: string,
  file: string
): Effect.Effect<(line: string) => void, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const stream = createWriteStream(path.resolve(folder, file), { flags: "a" })
        let isBroken = false
        stream.on("error", () => {
          isBroken = true
        })
        return { stream, isBroken: () => isBroken }
      }),
      ({ stream, isBroken }) =>
        Effect.callback<void>((resume) => {
          if (isBroken()) resume(Effect.void)
          else stream.end(() => resume(Effect.void))
        })
    ),
    ({ stream, isBroken }) =>
      (line) => {
        if (!isBroken() && stream.writableLength < bufferedMax) stream.write(`${line}\n`)
      }
  )

/** Bytes that may wait for the disk; further lines are left out. */
const bufferedMax = 16 * 1_048_576
