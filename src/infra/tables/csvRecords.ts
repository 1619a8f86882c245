/**
 * Comma-separated text as records, from pieces of any size (RFC 4180: quoted fields may hold commas,
 * quotes and line breaks). Lines end in LF or CR LF; blank lines are skipped.
 */

/** A longer record is damage, most likely a quote that was never closed. */
export const recordLengthMax = 1 << 20

export class CsvRecords {
  /** What is wrong with the text; once set there are no more records. */
  fault: string | undefined
  #text = ""
  #at = 0
  #line = 1
  #isEnded = false

  push(piece: string): void {
    this.#text = this.#text.slice(this.#at) + piece
    this.#at = 0
  }

  end(): void {
    this.#isEnded = true
  }

  /** The fields of the next whole record; undefined where more text is needed or none is left. */
  next(): ReadonlyArray<string> | undefined {
    while (this.fault === undefined) {
      const newline = this.#text.indexOf("\n", this.#at)
      const isWhole = newline >= 0 || (this.#isEnded && this.#at < this.#text.length)
      if (!isWhole) return this.#tooLong()
      const end = newline >= 0 ? newline : this.#text.length
      const line = this.#text.slice(this.#at, end)
      if (line.includes('"')) return this.#quoted()
      this.#at = Math.min(end + 1, this.#text.length)
      this.#line++
      const content = line.endsWith("\r") ? line.slice(0, -1) : line
      if (content.length > recordLengthMax) return this.#fail("is longer than 1 MiB")
      if (content !== "") return content.split(",")
    }
    return undefined
  }

  #tooLong(): undefined {
    if (this.#text.length - this.#at > recordLengthMax) return this.#fail("is longer than 1 MiB")
    return undefined
  }

  #fail(what: string): undefined {
    this.fault = `line ${this.#line} ${what}`
    return undefined
  }

  /** A record with quotes in it, which may go on over several lines. */
  #quoted(): ReadonlyArray<string> | undefined {
    const text = this.#text
    const fields: Array<string> = []
    let at = this.#at
    for (;;) {
      let field = ""
      while (text[at] === '"') {
        const close = text.indexOf('"', at + 1)
        if (close < 0) {
          if (this.#isEnded) return this.#fail("opens a quote that is never closed")
          return this.#tooLong()
        }
        // Two quotes in a row inside a quoted field are one.
        const isEscape = text[close + 1] === '"'
        field += text.slice(at + 1, isEscape ? close + 1 : close)
        at = isEscape ? close + 1 : close + 1
        if (!isEscape) break
      }
      const comma = text.indexOf(",", at)
      const newline = text.indexOf("\n", at)
      if (newline < 0 && !this.#isEnded) return this.#tooLong()
      const end = newline < 0 ? text.length : newline
      if (comma >= 0 && comma < end) {
        fields.push(field + text.slice(at, comma))
        at = comma + 1
        continue
      }
      const rest = text.slice(at, end)
      fields.push(field + (rest.endsWith("\r") ? rest.slice(0, -1) : rest))
      const record = text.slice(this.#at, end)
      if (record.length > recordLengthMax) return this.#fail("is longer than 1 MiB")
      this.#line += record.split("\n").length
      this.#at = Math.min(end + 1, text.length)
      return fields
    }
  }
}

const needsQuotes = /[",\r\n]/

/** One cell as CSV text; missing values and NaN are empty. */
export const csvCell = (value: unknown): string => {
  if (typeof value === "number") return Number.isNaN(value) ? "" : String(value)
  if (value === null || value === undefined) return ""
  const text = typeof value === "string" ? value : String(value)
  return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
