/** The journal that a run's settings name. */
import * as path from "node:path"
import type { Layer } from "effect"
import type { Journal } from "./actors/ports/Journal.ts"
import type { RunInfo } from "./actors/ports/Runs.ts"
import type { RecordCodec } from "./domain/journal/codec.ts"
import * as FileJournal from "./infra/journal/file/FileJournal.ts"
import * as MemoryJournal from "./infra/journal/memory.ts"
import type { Settings } from "./supervisors/settings.ts"

export interface DeskJournalParts {
  readonly settings: Settings
  readonly run: RunInfo
  /** The run's own folder. */
  readonly folder: string
  readonly codec: RecordCodec
}

export const deskJournal = ({
  settings,
  run,
  folder,
  codec
}: DeskJournalParts): Layer.Layer<Journal> =>
  run.journal === "memory"
    ? MemoryJournal.layerMemory(codec, { book: run.book })
    : FileJournal.layer(codec, {
        directory: path.join(folder, "journal"),
        book: run.book,
        segmentBytesMax: settings.storage.segmentBytesMax
      })
