/**
 * The way to the server, where it is not a TCP socket of this machine: a line on virtual time in a simulation.
 *
 * Bytes go and come as they would over the socket; an instance of the library uses its line once.
 */

/** What is heard over a line, in this order: connected, data any number of times, ended once. */
export interface IbLineListener {
  readonly connected: () => void
  readonly data: (bytes: Buffer) => void
  readonly ended: () => void
}

interface IbLine {
  readonly write: (bytes: Uint8Array) => void
  /** Nothing is heard afterwards; what was written still arrives. */
  readonly end: () => void
}

/** Begins to connect. Must not call the listener before it has returned. */
export type IbDial = (listener: IbLineListener) => IbLine

/** What the library's socket keeps for itself. */
export interface LibrarySocket {
  connect?: (clientId?: number) => void
  client?: unknown
  _status?: number
  onConnect?: () => void
  onData: (bytes: Buffer) => void
  onEnd?: () => void
}

/** The library's own word for it. */
const connecting = 2

/** Makes the library's socket use a line: its own `connect` does the same with a TCP socket. */
export const useLine = (socket: LibrarySocket, dial: IbDial): void => {
  socket.connect = () => {
    socket._status = connecting
    let isOver = false
    const ifOpen = (hear: () => void): void => {
      if (!isOver) hear()
    }
    const end = (): void => {
      if (isOver) return
      isOver = true
      line.end()
    }
    const line = dial({
      connected: () => ifOpen(() => socket.onConnect?.()),
      data: (bytes) => ifOpen(() => socket.onData(bytes)),
      ended: () => {
        if (isOver) return
        isOver = true
        socket.onEnd?.()
      }
    })
    const write = (bytes: Uint8Array): void => {
      if (!isOver) line.write(bytes)
    }
    socket.client = { write, end, destroy: end }
  }
}
