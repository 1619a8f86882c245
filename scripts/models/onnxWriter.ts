/**
 * Writes ONNX models: the protobuf messages of onnx.proto that a graph of tensors needs, by field
 * number.
 *
 * IR version 8, operator set 17. Bytes are a function of the arguments alone: no names or dates of
 * the machine.
 */

export interface Tensor {
  readonly name: string
  readonly shape: ReadonlyArray<number>
  readonly type: "double" | "int64"
  readonly values: ReadonlyArray<number>
}

export interface Node {
  readonly operator: string
  readonly inputs: ReadonlyArray<string>
  readonly outputs: ReadonlyArray<string>
  readonly attributes?: Readonly<Record<string, number | ReadonlyArray<number>>>
}

/** A float32 tensor that enters or leaves the graph. */
export interface Port {
  readonly name: string
  readonly shape: ReadonlyArray<number>
}

export interface OnnxModel {
  readonly name: string
  readonly description: string
  readonly nodes: ReadonlyArray<Node>
  readonly constants: ReadonlyArray<Tensor>
  readonly inputs: ReadonlyArray<Port>
  readonly outputs: ReadonlyArray<Port>
  readonly metadata: Readonly<Record<string, string>>
}

/** TensorProto.DataType, the argument of Cast too. */
export const dataType = { float: 1, int64: 7, double: 11 } as const
const attributeType = { int: 2, ints: 7 } as const
const irVersion = 8
const operatorSet = 17

/** ModelProto. */
export const encodeOnnxModel = (model: OnnxModel): Uint8Array => {
  const graph = message(
    model.nodes.map((node, at) => bytes(1, encodeNode(node, at))),
    text(2, model.name),
    model.constants.map((tensor) => bytes(5, encodeTensor(tensor))),
    model.inputs.map((port) => bytes(11, encodePort(port))),
    model.outputs.map((port) => bytes(12, encodePort(port)))
  )
  return message(
    integer(1, irVersion),
    text(2, "optionsib"),
    text(6, model.description),
    bytes(7, graph),
    bytes(8, message(text(1, ""), integer(2, operatorSet))),
    Object.entries(model.metadata).map(([key, value]) =>
      bytes(14, message(text(1, key), text(2, value)))
    )
  )
}

const encodeNode = (node: Node, at: number): Uint8Array =>
  message(
    node.inputs.map((name) => text(1, name)),
    node.outputs.map((name) => text(2, name)),
    text(3, `${at}_${node.operator}`),
    text(4, node.operator),
    Object.entries(node.attributes ?? {}).map(([name, value]) =>
      bytes(5, encodeAttribute(name, value))
    )
  )

const encodeAttribute = (name: string, value: number | ReadonlyArray<number>): Uint8Array =>
  typeof value === "number"
    ? message(text(1, name), integer(3, value), integer(20, attributeType.int))
    : message(
        text(1, name),
        value.map((each) => integer(8, each)),
        integer(20, attributeType.ints)
      )

const encodeTensor = (tensor: Tensor): Uint8Array => {
  const elements = tensor.shape.reduce((a, b) => a * b, 1)
  if (elements !== tensor.values.length)
    throw new Error(
      `tensor ${tensor.name} has ${tensor.values.length} values, its shape ${elements}`
    )
  const raw = new DataView(new ArrayBuffer(8 * elements))
  tensor.values.forEach((value, at) => {
    if (tensor.type === "double") raw.setFloat64(8 * at, value, true)
    else raw.setBigInt64(8 * at, BigInt(value), true)
  })
  return message(
    tensor.shape.map((size) => integer(1, size)),
    integer(2, dataType[tensor.type]),
    text(8, tensor.name),
    bytes(9, new Uint8Array(raw.buffer))
  )
}

/** ValueInfoProto with a float32 tensor type of fixed shape. */
const encodePort = (port: Port): Uint8Array => {
  const shape = message(port.shape.map((size) => bytes(1, message(integer(1, size)))))
  const tensorType = message(integer(1, dataType.float), bytes(2, shape))
  return message(text(1, port.name), bytes(2, message(bytes(1, tensorType))))
}

type Part = Uint8Array | ReadonlyArray<Uint8Array>

const message = (...parts: ReadonlyArray<Part>): Uint8Array =>
  Buffer.concat(parts.flatMap((part) => (part instanceof Uint8Array ? [part] : [...part])))

const integer = (field: number, value: number): Uint8Array =>
  message(varint(BigInt(field << 3)), varint(BigInt.asUintN(64, BigInt(value))))

const bytes = (field: number, value: Uint8Array): Uint8Array =>
  message(varint(BigInt((field << 3) | 2)), varint(BigInt(value.length)), value)

const text = (field: number, value: string): Uint8Array => bytes(field, Buffer.from(value, "utf8"))

const varint = (value: bigint): Uint8Array => {
  const groups: Array<number> = []
  let rest = value
  for (; rest > 127n; rest >>= 7n) groups.push(Number(rest & 127n) | 128)
  groups.push(Number(rest))
  return Uint8Array.from(groups)
}
