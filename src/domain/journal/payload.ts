/**
 * How a kind's payload becomes bytes' content and back: its schema compiled once, its upcasters in order.
 *
 * Invariant: the text of a payload depends on its value alone. Structs keep the schema's key order; where a schema
 * leaves keys open (records, unknown), the keys of the whole payload are sorted.
 */
import { Result, Schema, SchemaAST } from "effect"
import { canonicalJson, orderedJson } from "./canonicalJson.ts"
import type { RecordType } from "./record.ts"

export interface PayloadForm {
  /** Canonical JSON text; throws a `TypeError` that says what of the payload does not fit its schema. */
  readonly toText: (payload: unknown) => string
  /** The payload of the current version from the JSON of `version`; fails with what is wrong, in words. */
  readonly fromText: (text: string, version: number) => Result.Result<unknown, string>
  /** The payload of the current version from an older layout's value. */
  readonly fromOlder: (older: unknown, version: number) => Result.Result<unknown, string>
  /** Whether the payload is of the schema's type. */
  readonly holds: (payload: unknown) => boolean
}

export const payloadForm = (recordType: RecordType): PayloadForm => {
  const codec = Schema.toCodecJson(recordType.schema)
  const encode = Schema.encodeUnknownResult(codec)
  const decode = Schema.decodeUnknownResult(codec)
  const print = hasOpenKeys(SchemaAST.toEncoded(codec.ast)) ? canonicalJson : orderedJson

  const fromOlder = (older: unknown, version: number): Result.Result<unknown, string> => {
    let json = older
    for (let at = version; at < recordType.version; at++) {
      const upcast = recordType.upcasters[at]
      if (upcast === undefined) return Result.fail(`no upcaster from version ${at}`)
      const raised = Result.try(() => upcast(json))
      if (Result.isFailure(raised)) {
        return Result.fail(`the upcaster from version ${at} failed: ${words(raised.failure)}`)
      }
      json = raised.success
    }
    return Result.mapError(decode(json), words)
  }

  return {
    toText: (payload) => {
      const encoded = encode(payload)
      if (Result.isFailure(encoded)) throw new TypeError(words(encoded.failure))
      return print(encoded.success)
    },
    fromText: (text, version) => {
      const json = Result.try(() => JSON.parse(text) as unknown)
      return Result.isFailure(json)
        ? Result.fail(`its payload is not JSON: ${words(json.failure)}`)
        : fromOlder(json.success, version)
    },
    fromOlder,
    holds: Schema.is(recordType.schema)
  }
}

/** What an error says, on one line. */
const words = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, " ")

/** Whether a form leaves the order of some object's keys to the value. */
const hasOpenKeys = (root: SchemaAST.AST): boolean => {
  const seen = new Set<SchemaAST.AST>()
  const visit = (ast: SchemaAST.AST): boolean => {
    if (seen.has(ast)) return false
    seen.add(ast)
    switch (ast._tag) {
      case "Objects":
        return (
          ast.indexSignatures.length > 0 || ast.propertySignatures.some(({ type }) => visit(type))
        )
      case "Arrays":
        return ast.elements.some(visit) || ast.rest.some(visit)
      case "Union":
        return ast.types.some(visit)
      case "Suspend":
        return visit(ast.thunk())
      case "Declaration":
      case "Unknown":
      case "Any":
      case "ObjectKeyword":
        return true
      default:
        return false
    }
  }
  return visit(root)
}
