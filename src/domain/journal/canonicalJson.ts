/**
 * One text per value: JSON without white space, numbers as JavaScript prints them shortest, -0 as "-0".
 *
 * What JSON cannot carry exactly (NaN, infinities, undefined, bigint, class instances) is refused, with its path.
 */

/**
 * Returns the text of plain data with the keys of every object sorted by UTF-16 code unit.
 *
 * Throws a `TypeError` that names the path of the first value that is not plain data: `undefined`, NaN, an infinity,
 * a bigint, a function, a symbol, or an object that is neither a plain object nor an array.
 */
export const canonicalJson = (value: unknown): string => write(value, value, true)

/** The same, with the keys in the order that the object has: for values that a schema has put in its own order. */
export const orderedJson = (value: unknown): string => write(value, value, false)

/** `root`: what the whole text is of, to name a path where something is refused. */
const write = (value: unknown, root: unknown, sorted: boolean): string => {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value)
    case "number":
      if (!Number.isFinite(value)) return refuse(root, sorted)
      return Object.is(value, -0) ? "-0" : String(value)
    case "boolean":
      return value ? "true" : "false"
    case "object":
      if (value === null) return "null"
      if (Array.isArray(value)) return writeArray(value, root, sorted)
      return writeObject(value, root, sorted)
    default:
      return refuse(root, sorted)
  }
}

const writeArray = (items: ReadonlyArray<unknown>, root: unknown, sorted: boolean): string => {
  let text = "["
  for (let index = 0; index < items.length; index++) {
    if (index > 0) text += ","
    text += write(items[index], root, sorted)
  }
  return `${text}]`
}

const writeObject = (object: object, root: unknown, sorted: boolean): string => {
  if (!isPlain(object)) return refuse(root, sorted)
  const keys = Object.keys(object)
  if (sorted) keys.sort()
  let text = "{"
  for (const key of keys) {
    if (text.length > 1) text += ","
    text += quotedKey(key)
    text += write((object as Record<string, unknown>)[key], root, sorted)
  }
  return `${text}}`
}

const isPlain = (object: object): boolean => {
  const prototype = Object.getPrototypeOf(object)
  return prototype === Object.prototype || prototype === null
}

/** Keys come from schemas, so there are few, and each is written many thousand times. */
const quotedKeys = new Map<string, string>()
const quotedKeysMax = 2_000

const quotedKey = (key: string): string => {
  const known = quotedKeys.get(key)
  if (known !== undefined) return known
  const quoted = `${JSON.stringify(key)}:`
  if (quotedKeys.size < quotedKeysMax) quotedKeys.set(key, quoted)
  return quoted
}

/** Paths are looked for only now: writing them along the way would cost as much as the text. */
const refuse = (root: unknown, sorted: boolean): never => {
  const { path, found } = firstRefused(root, "value", sorted) ?? { path: "value", found: "refused" }
  throw new TypeError(`${path} is ${found}: canonical JSON holds plain, finite data only`)
}

const firstRefused = (
  value: unknown,
  path: string,
  sorted: boolean
): { readonly path: string; readonly found: string } | undefined => {
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : { path, found: String(value) }
  }
  if (typeof value === "string" || typeof value === "boolean" || value === null) return undefined
  if (typeof value !== "object") return { path, found: typeof value }
  if (!Array.isArray(value) && !isPlain(value)) {
    return { path, found: `an instance of ${value.constructor?.name ?? "a class"}` }
  }
  const isArray = Array.isArray(value)
  const keys = isArray ? Array.from(value, (_, index) => String(index)) : Object.keys(value)
  if (sorted && !isArray) keys.sort()
  for (const key of keys) {
    const inside = (value as Record<string, unknown>)[key]
    const found = firstRefused(inside, isArray ? `${path}[${key}]` : `${path}.${key}`, sorted)
    if (found !== undefined) return found
  }
  return undefined
}
