import { proveCrashes } from "./deskCrashes.ts"

proveCrashes(101, 200)
