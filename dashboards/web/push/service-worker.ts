import { servePushes } from './serve-pushes.ts'
import type { WorkerScope } from './worker-scope.ts'

// Pages register this file as `/sw.js`. What becomes of a subscription that the browser changes is left to the next load of the page.
servePushes(self as unknown as WorkerScope)
