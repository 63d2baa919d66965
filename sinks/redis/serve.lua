-- Puts the totals of a version in service: from now on its steps alone feed the channel, in a new epoch, so that nobody puts messages of
-- both together. It does so once, and never for a version before the one in service.
--
-- KEYS  state positions windows plays ms names minutes meta log served heard minutes_heard
-- ARGV  epoch to use

local state, meta, log, served = KEYS[1], KEYS[8], KEYS[9], KEYS[10]

local function version_of(key)
  return tonumber(string.match(key, ':v(%d+):state$') or '1')
end

if version_of(redis.call('GET', served) or '') < version_of(state) then
  redis.call('SET', served, state)
  redis.call('DEL', log)
  redis.call('HSET', meta, 'epoch', ARGV[1], 'offset', 0)
end
