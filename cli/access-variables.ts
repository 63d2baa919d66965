import { str } from 'envalid'
import { defaultLongestLifeSeconds } from '../gateway/live/access/mint-token.ts'
import { keySetUrl, positive, toleranceSeconds } from './variables.ts'

/** Who may connect to the gateway. */
export const accessVariables = {
  TOKEN_ISSUER: str({ default: 'continuo' }),
  TOKEN_AUDIENCE: str({ default: 'continuo-gateway' }),
  TOKEN_JWKS_URL: keySetUrl({
    default: '',
    desc: 'where the public keys are of who else signs tokens, by ES256, RS256 or EdDSA; empty: nobody',
  }),
  TOKEN_TOLERANCE_S: toleranceSeconds({ default: 2, desc: 'by how much clocks may differ' }),
  TOKEN_LONGEST_LIFE_S: positive({
    default: defaultLongestLifeSeconds,
    desc: 'a token that is valid for longer is refused; so long revocations are remembered',
  }),
}
