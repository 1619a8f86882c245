/** A file that appears whole or not at all: written beside its place and moved there at the end. */
import * as fs from "node:fs/promises"
import { dirname } from "node:path"
import { Effect, type Scope } from "effect"
import { TableUnavailable } from "../../actors/ports/TableFiles.ts"

export interface PendingFile {
  readonly write: (bytes: Uint8Array | string) => Promise<void>
  readonly finish: () => Promise<void>
}

/** What is not finished when the scope ends is deleted. Devices and pipes are written to directly. */
export const pendingFile = (
  file: string
): Effect.Effect<PendingFile, TableUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const isDevice = yield* Effect.promise(() =>
      fs.stat(file).then(
        (found) => !found.isFile(),
        () => false
      )
    )
    const beside = isDevice ? file : `${file}.${process.pid}.partial`
    const state = { isFinished: false }
    const handle = yield* Effect.acquireRelease(
      attempt(file, () => fs.open(beside, "w")),
      (open) =>
        Effect.promise(async () => {
          await open.close().catch(() => undefined)
          if (!isDevice && !state.isFinished) await fs.rm(beside, { force: true })
        })
    )
    return {
      write: async (bytes) => {
        await (typeof bytes === "string" ? handle.writeFile(bytes) : handle.writeFile(bytes))
      },
      finish: async () => {
        if (!isDevice) {
          await handle.sync()
          await fs.rename(beside, file)
        }
        state.isFinished = true
      }
    }
  })

export const attempt = <A>(
  file: string,
  act: () => Promise<A>
): Effect.Effect<A, TableUnavailable> =>
  Effect.tryPromise({
    try: act,
    catch: (cause) => new TableUnavailable({ file, detail: reasonOf(file, cause) })
  })

export const reasonOf = (file: string, cause: unknown): string => {
  const code = codeOf(cause)
  if (code === "ENOENT") return `there is no such file or folder; its folder is ${dirname(file)}`
  if (code === "EISDIR") return "it is a folder; name a file"
  if (code === "EACCES") return "it may not be read or written by this user"
  if (code === "ENOSPC") return "the disk is full"
  return cause instanceof Error ? cause.message : String(cause)
}

const codeOf = (cause: unknown): unknown =>
  typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
