-- What counts for a while unless it is named again: functions that stand before a script of their own. Time is that of Redis alone, in ms since 1970.

-- By how much clocks are set right at most. What holds for that much longer than it may was named before a clock was set back: who is there is named again.
local SET_RIGHT = 60000

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Names members of a sorted set, each with when it runs out, for `life` ms.
local function lease(key, life, members)
  local now, scored = now_ms(), {}
  for _, member in ipairs(members) do
    scored[#scored + 1] = string.format('%d', now + life)
    scored[#scored + 1] = member
  end
  -- What a killed process has left goes here where a key never ceases to be named, and else with the key.
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%d', now))
  redis.call('ZREMRANGEBYSCORE', key, string.format('(%d', now + life + SET_RIGHT), '+inf')
  redis.call('ZADD', key, unpack(scored))
  redis.call('PEXPIRE', key, life)
end

-- Members that have not run out, so many at most; -1: all.
local function leased(key, most)
  return redis.call('ZRANGEBYSCORE', key, string.format('(%d', now_ms()), '+inf', 'LIMIT', 0, most)
end

local function count_leased(key)
  return redis.call('ZCOUNT', key, string.format('(%d', now_ms()), '+inf')
end
