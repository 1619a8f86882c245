/** Times as TWS writes them, on the New York clock. */
import { formatDays } from "../../../domain/market/civilDate.ts"
import {
  epochMsOfNewYork,
  formatNewYork,
  newYorkTimeOf
} from "../../../domain/market/newYorkTime.ts"

export const zone = "US/Eastern"

/** `YYYYMMDD HH:MM:SS` */
export const newYorkStamp = (epochMs: number): string =>
  formatNewYork(epochMs).replace("-", "").replace("-", "")

/** `YYYYMMDD-HH:MM:SS`, UTC. */
export const utcStamp = (epochMs: number): string => {
  const days = Math.floor(epochMs / 86_400_000)
  const seconds = Math.floor((epochMs - days * 86_400_000) / 1_000)
  const fields = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  const time = fields.map((field) => String(field).padStart(2, "0")).join(":")
  return `${formatDays(days).replaceAll("-", "")}-${time}`
}

/** `YYYYMMDD` */
export const newYorkDay = (epochMs: number): string =>
  formatDays(newYorkTimeOf(epochMs).date).replaceAll("-", "")

/** `HH:MM` */
export const newYorkMinute = (epochMs: number): string => formatNewYork(epochMs).slice(11, 16)

/** Midnight in New York of a moment's day, epoch ms. */
export const dayStart = (epochMs: number): number =>
  epochMsOfNewYork(newYorkTimeOf(epochMs).date, 0)

/** A client's `YYYYMMDD[-| ]HH:MM:SS[ zone]` (or a date alone), New York time unless it says UTC; undefined for none. */
export const readStamp = (text: string): number | undefined => {
  const match = /^(\d{4})(\d{2})(\d{2})(?:[ -]+(\d{2}):(\d{2}):(\d{2}))?\s*(\S*)$/.exec(text.trim())
  if (match === null) return undefined
  const [, year, month, day, hours = "23", minutes = "59", seconds = "59", told = ""] = match
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day)) / 86_400_000
  const msOfDay = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000
  // A dash stands for UTC in IB's own form.
  const isUtc = told.toUpperCase() === "UTC" || (told === "" && /\d-\d/.test(text))
  return isUtc ? date * 86_400_000 + msOfDay : epochMsOfNewYork(date, msOfDay)
}
