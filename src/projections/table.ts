/**
 * Text for a terminal: aligned tables, lines cut to a width. Widths count UTF-16 units: what the
 * desk prints is ASCII.
 */

export type Align = "left" | "right"

/** One line per row, columns two spaces apart, no trailing space. */
export const tableLines = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  aligns: ReadonlyArray<Align>,
  indent = ""
): ReadonlyArray<string> => {
  const widths = aligns.map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0)
  )
  return rows.map((row) => {
    const cells = widths.map((width, column) => {
      const cell = row[column] ?? ""
      return aligns[column] === "right" ? cell.padStart(width) : cell.padEnd(width)
    })
    return `${indent}${cells.join("  ")}`.trimEnd()
  })
}

/** As many units of a line as fit, the cut shown by "~". */
export const cutTo = (line: string, width: number): string =>
  line.length <= width ? line : width <= 1 ? line.slice(0, width) : `${line.slice(0, width - 1)}~`

/** Reasons come from anywhere: what could move a terminal's cursor becomes a space. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it removes
  text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ")
