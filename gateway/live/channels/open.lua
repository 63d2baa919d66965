-- Begins a channel that was never published to, so that who is there at its first message needs not come again to learn the epoch.
--
-- KEYS  meta log
-- ARGV  epoch to use, seconds for which its messages will be kept after the newest (0: for ever)
-- Answers epoch and offset.

local meta, log = unpack(KEYS)

if redis.call('HEXISTS', meta, 'epoch') == 0 then
  epoch_of(meta, log, ARGV[1])
  remember(meta, ARGV[2])
end
return redis.call('HMGET', meta, 'epoch', 'offset')
