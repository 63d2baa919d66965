-- Puts a listener's list in the place of the one before, and publishes it: if it is newer than that.
--
-- KEYS  meta log
-- ARGV  topic id, partition, offset, list as JSON, Pub/Sub channel, epoch to use if a new one must begin,
--       seconds after which a list that nothing follows is forgotten, 1 if a list of this very row is mended
-- Answers 1, or 0 if it is not newer.

local meta, log = unpack(KEYS)
local topic_id, partition, offset, list, channel, new_epoch, ttl, mends = unpack(ARGV)

local held_topic, held_partition, held_offset = unpack(redis.call('HMGET', meta, 'topic_id', 'partition', 'row'))

-- Offsets compare within a partition of a topic only. A listener whose partition has changed is in another topic, too.
if held_topic == topic_id and held_partition == partition then
  local entry = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  local is_whole = mends ~= '1' or (entry and entry[2][2] == list)
  if tonumber(held_offset) > tonumber(offset) or (held_offset == offset and is_whole) then
    return 0
  end
end

local epoch = epoch_of(meta, log, new_epoch)
redis.call('HSET', meta, 'topic_id', topic_id, 'partition', partition, 'row', offset)
-- The newest list says all: subscribers who come, or come back, get that one.
publish(meta, log, channel, epoch, list, '', '=', 1)
redis.call('EXPIRE', meta, ttl)
redis.call('EXPIRE', log, ttl)
return 1
