-- Writes a session of a listener down, or anew, unless the listener has too many.
--
-- KEYS  sessions: a sorted set of "<client> <node> <since, ms>" by when it ends unless it is written anew (ms)
-- ARGV  session, ms for which it holds, sessions that the listener may have (0: any number), ms for which one counts though its node is not there, nodes
--       that are there…
-- Answers 1, or 0 if it is one too many. Sessions of a node that is not there count as long as it may have come, unheard of, just before they were written.

local sessions = KEYS[1]
local session, life, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

if most > 0 then
  local there = {}
  for at = 5, #ARGV do
    there[ARGV[at]] = true
  end
  local count, now = 0, now_ms()
  local others = redis.call('ZRANGEBYSCORE', sessions, string.format('(%d', now), '+inf', 'WITHSCORES')
  for at = 1, #others, 2 do
    local other, written = others[at], others[at + 1] - life
    -- Later than now: before the clock was set back.
    local is_new = written > now - ARGV[4] and written <= now
    if other ~= session and (is_new or there[string.match(other, '^%S+ (%S+)')]) then
      count = count + 1
    end
  end
  if count >= most then
    return 0
  end
end
lease(sessions, life, { session })
return 1
