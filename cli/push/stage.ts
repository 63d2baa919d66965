/** The push stage, as letters name it. */
export const PUSH_STAGE = 'push'
