/** The promises that simulations ask about, by name. */

/** In the order in which they are asked about. */
export type Promised =
  | "the desk runs on"
  | "a batch holds whole turns"
  | "nothing leaves before its record is durable"
  | "no request is performed twice"
  | "a replay decides the same"
  | "each answer is booked once"
  | "a missed request lapses"
  | "a crash that delays nothing changes nothing"
  | "each order is sent once and each execution booked once"
  | "money is conserved at each record"

/** A promise that a run did not keep. */
export class Broken extends Error {
  readonly promised: Promised
  constructor(promised: Promised, detail: string) {
    super(detail)
    this.promised = promised
  }
}
