/**
 * Tables in files, read and written batch by batch: how long a table is never shows in memory.
 *
 * The file's ending chooses its format: .csv or .parquet.
 */
import { Context, type Effect, Schema, type Scope } from "effect"

/** The file is not the table that was asked for: its name, its shape or its columns. */
export class TableInvalid extends Schema.TaggedError<TableInvalid>()("TableInvalid", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.file}: ${this.detail}`
  }
}

/** The disk refused. */
export class TableUnavailable extends Schema.TaggedError<TableUnavailable>()("TableUnavailable", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.file}: ${this.detail}`
  }
}

export type TableError = TableInvalid | TableUnavailable

export interface TableColumn {
  readonly name: string
  /** How cells are written where the format has types: as 64-bit floats or as text. */
  readonly type: "Text" | "Number"
  /** What the source's own format says of the column; a sink of that format keeps it. */
  readonly native?: unknown
  /** How a typed cell reads as text; where absent, as JavaScript shows it. */
  readonly textOf?: (cell: unknown) => string
}

export interface TableBatch {
  readonly rowCount: number
  /**
   * One array per column, in the table's order. A cell is text in CSV and whatever the type is in
   * Parquet; null or undefined where it is missing.
   */
  readonly columns: ReadonlyArray<ArrayLike<unknown>>
  /** One sentence for each row (its index in the batch) that has not the header's shape. */
  readonly faults: ReadonlyMap<number, string>
}

export interface TableSource {
  readonly columns: ReadonlyArray<TableColumn>
  /** The next batch, of at least one row; undefined at the end. */
  readonly next: Effect.Effect<TableBatch | undefined, TableError>
  /** How much of the file was read so far, 0 to 1. */
  readonly readShare: () => number
}

export interface TableSink {
  readonly write: (batch: Omit<TableBatch, "faults">) => Effect.Effect<void, TableUnavailable>
  /** Puts the file in its place. Without it the scope's end leaves nothing behind. */
  readonly finish: Effect.Effect<void, TableUnavailable>
}

export class TableFiles extends Context.Service<
  TableFiles,
  {
    readonly open: (file: string) => Effect.Effect<TableSource, TableError, Scope.Scope>
    /** A file of that name stays as it is until `finish`: it may be the source's own. */
    readonly create: (
      file: string,
      columns: ReadonlyArray<TableColumn>
    ) => Effect.Effect<TableSink, TableError, Scope.Scope>
    /** A whole small text, put in its place at once. */
    readonly writeText: (file: string, text: string) => Effect.Effect<void, TableUnavailable>
  }
>()("optionsib/actors/ports/TableFiles") {}
