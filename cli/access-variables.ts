import { bool, str } from 'envalid'
import { defaultLongestLifeSeconds } from '../gateway/live/access/token-settings.ts'
import { keySetUrl, limit, positive, toleranceSeconds, wholeNumber } from './variables.ts'

/** Who may connect to the gateway. */
export const accessVariables = {
  ALLOWED_ORIGINS: str({ default: '', desc: 'comma separated; default the dashboard on this machine' }),
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
  GATEWAY_TLS_CERT: str({ default: '', desc: 'PEM file of the certificate of the gateway; empty: no TLS' }),
  GATEWAY_TLS_KEY: str({ default: '', desc: 'PEM file of its key; what replaces the two is taken' }),
  GATEWAY_CONNECTS_PER_MINUTE: limit({
    default: 6_000,
    desc: 'by address, at all nodes together; 0: any number',
  }),
  GATEWAY_COMMANDS_PER_MINUTE: limit({
    default: 1_200,
    desc: 'by listener, at all nodes together; 0: any number',
  }),
  GATEWAY_PUBLISHES_PER_MINUTE: limit({
    default: 600,
    desc: 'by channel, at all nodes together; 0: any number',
  }),
  GATEWAY_SOCKETS_PER_ADDRESS: limit({ default: 5_000, desc: 'open at this node; 0: any number' }),
  GATEWAY_SOCKETS: limit({ default: 50_000, desc: 'open at this node; 0: any number' }),
  GATEWAY_TRUSTED_PROXIES: wholeNumber({
    default: 0,
    desc: 'proxies of yours in front, each of which adds to X-Forwarded-For: an address is what the outermost saw',
  }),
  GATEWAY_LIMITS_FAIL_OPEN: bool({
    default: true,
    desc: 'whether what cannot be counted, as Redis does not answer, is let through',
  }),
}
