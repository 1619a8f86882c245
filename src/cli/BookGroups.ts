/** What `run --group` needs of the composition root: who of the group should try to have which book. */
import { Context, type Effect, type Scope } from "effect"
import type { Settings } from "../supervisors/settings.ts"
import type { CannotStart } from "./Launcher.ts"

export interface GroupMember {
  /** Places in the group's list of books that are this process's to try now. */
  readonly slots: () => ReadonlySet<number>
}

/**
 * Membership only says who should try. That no two write or send for one book is the journal's fence, the writer's lease
 * and the venues' one connection per account.
 */
export class BookGroups extends Context.Service<
  BookGroups,
  {
    /** Joins; leaves with the scope. `books`: how many places there are. */
    readonly join: (
      settings: Settings,
      group: string,
      books: number
    ) => Effect.Effect<GroupMember, CannotStart, Scope.Scope>
    /** Books of the settings' journal whose runs came to their end. */
    readonly finished: (settings: Settings) => Effect.Effect<ReadonlySet<string>, CannotStart>
  }
>()("optionsib/cli/BookGroups") {}
