-- Makes the store ready for steps, once a connection, and answers the position of each partition asked for.
--
-- KEYS  state positions windows plays ms names minutes meta log served heard minutes_heard
-- ARGV  topic id, epoch to use if a new one must begin, key prefix of windows,
--       then for each partition: number, first offset that Kafka still has

local state, positions, windows, plays, ms, names, minutes, meta, log, served, heard, minutes_heard = unpack(KEYS)
local topic_id, new_epoch, window_prefix = unpack(ARGV)

-- The channel belongs to the version in service alone.
local plain = string.gsub(served, ':served$', ':state')
local in_service = (redis.call('GET', served) or plain) == state

if in_service then
  epoch_of(meta, log, new_epoch)
end

-- Another topic under the old name: its offsets begin anew, and what was counted from the old one goes.
if redis.call('HGET', state, 'topic_id') ~= topic_id then
  for _, window in ipairs(redis.call('ZRANGE', windows, 0, -1)) do
    redis.call('UNLINK', window_prefix .. window)
  end
  redis.call('UNLINK', positions, windows, plays, ms, names, minutes, heard, minutes_heard)
  redis.call('HDEL', state, 'newest')
  redis.call('HSET', state, 'topic_id', topic_id)
end

local held = {}
for i = 4, #ARGV, 2 do
  redis.call('HSETNX', positions, ARGV[i], ARGV[i + 1])
  held[#held + 1] = redis.call('HGET', positions, ARGV[i])
end
return held
