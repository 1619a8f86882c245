/** The first line of what was thrown: the same on every host. */
export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.message.split("\n")[0] ?? "") : String(thrown)
