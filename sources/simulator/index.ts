export type { Counts } from './counts.ts'
export { type Control, startControl } from './control.ts'
export { type Disorder, noDisorder, usualDisorder } from './disorder.ts'
export { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts'
