/** A plan with one actor's behaviour changed. */
import type { AnyBehavior } from "../../../src/actors/runtime/Behavior.ts"
import type { BookPlan } from "../../../src/actors/runtime/Book.ts"

export const behaving =
  (id: string, change: (sound: AnyBehavior) => Partial<AnyBehavior>) =>
  (plan: BookPlan): BookPlan => ({
    ...plan,
    behaviors: plan.behaviors.map((sound) =>
      sound.id === id ? { ...sound, ...change(sound) } : sound
    )
  })
