-- Puts totals that were built anew in the place of those that there are, if they stand at least as far in every partition: all of it or
-- nothing. The channel goes on in its epoch, and what it has counted stays; the next step tells all minutes.
--
-- KEYS  state positions windows plays ms names minutes meta log served heard minutes_heard, those that are replaced, then those built anew
-- ARGV  key prefix of windows, that of those built anew, then for each partition and each place of what is given back: name, offset that must have been reached
-- Answers 1, or 0 if they do not stand so far.

local COUNT = #KEYS / 2
local OF = { state = 1, positions = 2, windows = 3, plays = 4, ms = 5, names = 6, minutes = 7, heard = 11, minutes_heard = 12 }
local function key(name, anew)
  return KEYS[OF[name] + (anew and COUNT or 0)]
end
local window_prefix, prefix_anew = ARGV[1], ARGV[2]

local function held(hash)
  local fields, found = redis.call('HGETALL', hash), {}
  for i = 1, #fields, 2 do
    found[fields[i]] = fields[i + 1]
  end
  return found
end
local state, anew = held(key('state')), held(key('state', true))
if anew.topic_id == nil or (state.topic_id and state.topic_id ~= anew.topic_id) then
  return 0
end

local positions = held(key('positions', true))
local function has_reached(place, offset)
  return tonumber(positions[place] or '-1') >= tonumber(offset)
end
for i = 3, #ARGV, 2 do
  if not has_reached(ARGV[i], ARGV[i + 1]) then
    return 0
  end
end
for place, offset in pairs(held(key('positions'))) do
  -- What was given back by a topic that is no more has no place in what is built anew.
  local is_gone = string.match(place, '^replay:') and positions[place] == nil
  if not is_gone and not has_reached(place, offset) then
    return 0
  end
end

for _, window in ipairs(redis.call('ZRANGE', key('windows'), 0, -1)) do
  redis.call('UNLINK', window_prefix .. window)
end
for _, window in ipairs(redis.call('ZRANGE', key('windows', true), 0, -1)) do
  redis.call('RENAME', prefix_anew .. window, window_prefix .. window)
end
for name in pairs(OF) do
  if name ~= 'state' then
    redis.call('UNLINK', key(name))
    if redis.call('EXISTS', key(name, true)) == 1 then
      redis.call('RENAME', key(name, true), key(name))
    end
  end
end

redis.call('UNLINK', key('state', true))
redis.call('HSET', key('state'), 'topic_id', anew.topic_id, 'newest', anew.newest or '0', 'retell', 1)
-- A counter of which screens tell a rate never goes back.
if tonumber(state.total_plays or '0') < tonumber(anew.total_plays or '0') then
  redis.call('HSET', key('state'), 'total_plays', anew.total_plays)
end
return 1
