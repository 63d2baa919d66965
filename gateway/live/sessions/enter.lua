-- Writes a session of a listener down, or anew, unless the listener has too many.
--
-- KEYS  sessions: a sorted set of "<client> <node> <since, ms>" by when it ends unless it is written anew (ms)
-- ARGV  session, ms for which it holds, sessions that the listener may have (0: any number), nodes that are there…
-- Answers 1, or 0 if it is one too many. Sessions of a node that is not there do not count.

local sessions = KEYS[1]
local session, life, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

redis.call('ZREMRANGEBYSCORE', sessions, '-inf', string.format('%d', now))
if most > 0 then
  local there = {}
  for at = 4, #ARGV do
    there[ARGV[at]] = true
  end
  local count = 0
  for _, other in ipairs(redis.call('ZRANGE', sessions, 0, -1)) do
    if other ~= session and there[string.match(other, '^%S+ (%S+)')] then
      count = count + 1
    end
  end
  if count >= most then
    return 0
  end
end
redis.call('ZADD', sessions, string.format('%d', now + life), session)
redis.call('PEXPIRE', sessions, life)
return 1
