-- Publishes a message, unless it has been published under its idempotency key before.
--
-- KEYS  meta log published
-- ARGV  Pub/Sub channel, data as JSON, info as JSON or '', messages kept, seconds for which they are kept after the newest (0: for ever),
--       seconds for which the idempotency key is kept (0: there is none), epoch to use if a new one must begin
-- Answers offset, epoch and 1, or 0 if it was published before.

local meta, log, published = unpack(KEYS)
local channel, data, info, history, log_seconds, key_seconds, new_epoch = unpack(ARGV)

local before = key_seconds ~= '0' and redis.call('GET', published)
if before then
  local offset, epoch = string.match(before, '^(%d+) (.*)$')
  return { offset, epoch, 0 }
end

local epoch = epoch_of(meta, log, new_epoch)
local offset = publish(meta, log, channel, epoch, data, info, '=', history)
if log_seconds ~= '0' then
  redis.call('EXPIRE', log, log_seconds)
end
remember(meta, log_seconds)
if key_seconds ~= '0' then
  redis.call('SET', published, offset .. ' ' .. epoch, 'EX', key_seconds)
end
return { offset, epoch, 1 }
