/** Reads the fields of one message in order. Throws `WireFault` where they are not what the message is made of. */
import { WireFault } from "./wireFault.ts"

/** Not set: the largest values of an int and a double, or nothing at all. */
const unsetTexts = new Set(["2147483647", "9223372036854775807", "Infinity"])
const isUnset = (text: string): boolean =>
  unsetTexts.has(text) || (/^1\.797/.test(text) && Number(text) === Number.MAX_VALUE)

export class FieldReader {
  readonly #fields: ReadonlyArray<string>
  readonly #place: string
  #at: number

  /** `from`: the index of the first field to read, after the message's id. */
  constructor(fields: ReadonlyArray<string>, place: string, from = 1) {
    this.#fields = fields
    this.#place = place
    this.#at = from
  }

  get left(): number {
    return this.#fields.length - this.#at
  }

  text(): string {
    const field = this.#fields[this.#at]
    if (field === undefined) throw this.#fault(`field ${this.#at} is missing`)
    this.#at++
    return field
  }

  /** As text, "" where it is not set. */
  value(): string {
    const text = this.text()
    return isUnset(text) ? "" : text
  }

  /** 0 where it is empty. */
  int(): number {
    const text = this.text()
    if (text === "") return 0
    const value = Number(text)
    if (!Number.isSafeInteger(value) || text.length > 20) throw this.#notA("whole number", text)
    return value
  }

  /** How many items follow. */
  count(most: number): number {
    const count = this.int()
    if (count >= 0 && count <= most) return count
    throw this.#fault(`field ${this.#at - 1} is a count of ${count}, 0 to ${most} are allowed`)
  }

  /** 0 where it is empty or not set. */
  number(): number {
    const text = this.value()
    if (text === "") return 0
    const value = Number(text)
    if (!Number.isFinite(value) || text.length > 40) throw this.#notA("number", text)
    return value
  }

  bool(): boolean {
    const text = this.text()
    if (text === "" || text === "0" || text === "false") return false
    if (text === "1" || text === "true") return true
    throw this.#notA("flag", text)
  }

  skip(fields: number): void {
    for (let i = 0; i < fields; i++) this.text()
  }

  /** The message must end here. */
  end(): void {
    if (this.left > 0) throw this.#fault(`${this.left} fields are left over`)
  }

  #notA(kind: string, text: string): WireFault {
    const shown = JSON.stringify(text.slice(0, 40))
    return this.#fault(`field ${this.#at - 1} is ${shown}, a ${kind} is needed`)
  }

  #fault(why: string): WireFault {
    return new WireFault({ place: this.#place, why })
  }
}
