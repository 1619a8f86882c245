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
export const canonicalJson = (value: unknown): string => write(value, "value", true)

/** The same, with the keys in the order that the object has: for values that a schema has put in its own order. */
export const orderedJson = (value: unknown): string => write(value, "value", false)

const write = (value: unknown, path: string, sorted: boolean): string => {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value)
    case "number":
      if (!Number.isFinite(value)) return refuse(path, String(value))
      return Object.is(value, -0) ? "-0" : String(value)
    case "boolean":
      return value ? "true" : "false"
    case "object":
      if (value === null) return "null"
      if (Array.isArray(value)) return writeArray(value, path, sorted)
      return writeObject(value, path, sorted)
    default:
      return refuse(path, typeof value)
  }
}

const writeArray = (items: ReadonlyArray<unknown>, path: string, sorted: boolean): string => {
  let text = "["
  for (let index = 0; index < items.length; index++) {
    if (index > 0) text += ","
    text += write(items[index], `${path}[${index}]`, sorted)
  }
  return `${text}]`
}

const writeObject = (object: object, path: string, sorted: boolean): string => {
  const prototype = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) {
    return refuse(path, `an instance of ${prototype.constructor?.name ?? "a class"}`)
  }
  const keys = Object.keys(object)
  if (sorted) keys.sort()
  let text = "{"
  for (const key of keys) {
    if (text.length > 1) text += ","
    text += `${JSON.stringify(key)}:`
    text += write((object as Record<string, unknown>)[key], `${path}.${key}`, sorted)
  }
  return `${text}}`
}

const refuse = (path: string, found: string): never => {
  throw new TypeError(`${path} is ${found}: canonical JSON holds plain, finite data only`)
}
