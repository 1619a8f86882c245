/** Where an exchange's log lies in a folder. */
import { join } from "node:path"
import { type LogMedium, openFileMedium } from "../../log/medium.ts"

/** `exchange.log` in a directory, made where it is missing. Throws what the file system throws. */
export const openExchangeFile = (directory: string): LogMedium =>
  openFileMedium(join(directory, "exchange.log"))
