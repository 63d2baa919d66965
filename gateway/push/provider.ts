/** What is to reach a device, whoever carries it there. */
export interface PushMessage {
  /** What the device gets, sealed on its way if the provider can: JSON. */
  payload: Buffer
  /** How long the provider is to keep it for a device that cannot be reached. */
  ttlSeconds: number
  urgency: 'very-low' | 'low' | 'normal' | 'high'
  /** Of several that have not been delivered yet, and have the same topic, the device gets the last: up to 32 characters of base64url. */
  topic: string
}

/** Why a push is sent again that may have arrived. */
export const NO_ANSWER = 'no_answer'

/** What a push service says of a message; `status` is its HTTP status, null where there was none. */
export type PushAnswer =
  /** It has it. */
  | { kind: 'accepted'; status: number }
  /** The device takes no pushes any more, and never will under this address. */
  | { kind: 'gone'; status: number }
  /** To send it again would be of no use. `reason` is snake_case. */
  | { kind: 'refused'; status: number | null; reason: string }
  /** To be sent again, `afterMs` from now at the soonest if the service says so. */
  | { kind: 'later'; status: number | null; reason: string; afterMs?: number }

/** Carries pushes to devices of one kind. */
export interface PushProvider<Device> {
  /** Never throws for what a network or a service does: that is an answer. */
  send(device: Device, message: PushMessage): Promise<PushAnswer>
  close(): void
}
