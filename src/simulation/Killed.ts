/** The process died there, in a simulation. */
export class Killed extends Error {}
