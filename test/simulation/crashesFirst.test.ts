import { proveCrashes } from "./deskCrashes.ts"

proveCrashes(1, 100)
