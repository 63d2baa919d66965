-- Reads a part of a channel's log, in steps, so that Redis neither reads nor sends what is beyond the limits.
--
-- KEYS  meta log
-- ARGV  XRANGE or XREVRANGE, where that begins and ends, messages at most, bytes of their data at most, unless it is a single one
-- Answers the epoch and the offset of the channel, and entries as the command does.

local meta, log = unpack(KEYS)
local command, first, last = unpack(ARGV)
local most, most_bytes = tonumber(ARGV[4]), tonumber(ARGV[5])
-- The largest messages have a megabyte each.
local STEP = 16

local function read()
  local part, bytes = {}, 0
  while #part < most do
    local asked = math.min(STEP, most - #part)
    local entries = redis.call(command, log, first, last, 'COUNT', asked)
    for _, entry in ipairs(entries) do
      bytes = bytes + #entry[2][2]
      if bytes > most_bytes and #part > 0 then
        return part
      end
      part[#part + 1] = entry
      first = '(' .. entry[1]
    end
    if #entries < asked then
      break
    end
  end
  return part
end

return { redis.call('HMGET', meta, 'epoch', 'offset'), read() }
