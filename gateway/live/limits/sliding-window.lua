-- Takes up to so many out of a sliding window: of two fixed windows that follow one another the one before counts by the
-- share of it that is still within a window's length.
--   KEYS[1]  hash: window (its number), current, previous
--   ARGV     length (ms), limit, wanted, now (ms; empty: the time of this server, the same for all who ask)
-- Returns how many were granted, and after how many ms one more would be if nobody took any.
local length, limit, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now = tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local window = math.floor(now / length)
local kept = redis.call('HMGET', KEYS[1], 'window', 'current', 'previous')
local last, current, previous = tonumber(kept[1]), tonumber(kept[2]) or 0, tonumber(kept[3]) or 0
if last ~= window then
  previous = last == window - 1 and current or 0
  current = 0
end

local elapsed = now - window * length
local used = previous * (length - elapsed) / length + current
local granted = math.max(0, math.min(wanted, math.floor(limit - used)))
if granted > 0 then
  current = current + granted
  redis.call('HSET', KEYS[1], 'window', window, 'current', current, 'previous', previous)
  redis.call('PEXPIRE', KEYS[1], 2 * length)
end
if granted == wanted then return { granted, 0 } end

-- One more fits when what counts of the window before has shrunk by enough: in this window, or else in the next.
local room, shrinking, from = limit - 1 - current, previous, window * length
if room < 0 then
  room, shrinking, from = limit - 1, current, (window + 1) * length
end
local at = from + math.ceil(length - room * length / shrinking)
return { granted, math.max(1, at - now) }
