-- Begins a channel that was never published to, so that who is there at its first message needs not come again to learn the epoch.
--
-- KEYS  meta log
-- ARGV  epoch to use, seconds for which messages are kept after the newest (0: for ever, and so is what the channel is known by)
-- Answers epoch and offset.

local meta, log = unpack(KEYS)

if redis.call('HEXISTS', meta, 'epoch') == 0 then
  epoch_of(meta, log, ARGV[1])
  if ARGV[2] ~= '0' then
    redis.call('EXPIRE', meta, 30 * 86400)
  end
end
return redis.call('HMGET', meta, 'epoch', 'offset')
