-- What every publisher of a channel does: functions that stand before its own script.

-- Names how long this server has been a primary without a break: another one after each restart, and each time that it takes over. Asked for here, as a
-- connection may outlive it: who was primary, then a replica, and is primary again has lost what the other had not heard.
local function reign()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
end

-- The epoch in which the channel goes on, begun anew where there is none, and in another reign: the last second may be lost, and subscribers must not resume
-- over it.
local function epoch_of(meta, log, new_epoch)
  local epoch, held_reign = unpack(redis.call('HMGET', meta, 'epoch', 'reign'))
  local present = reign()
  if epoch and held_reign == present then
    return epoch
  end
  redis.call('DEL', log)
  redis.call('HSET', meta, 'epoch', new_epoch, 'offset', 0, 'reign', present)
  return new_epoch
end

-- Has what the channel is known by outlive its messages, which are kept for so many seconds after the newest (0: for ever): who comes back for them is told
-- that they are gone, and not that all began anew.
local function remember(meta, log_seconds)
  if log_seconds ~= '0' then
    redis.call('EXPIRE', meta, math.max(30 * 86400, tonumber(log_seconds)))
  end
end

-- Gives a message the next offset, keeps it and sends it to who listens: `data` and `info` (who sends it, or '') are JSON, `trim` is '=' for a log
-- of exactly `history` messages and '~' for one of some more. Answers the offset as text.
local function publish(meta, log, channel, epoch, data, info, trim, history)
  local offset = string.format('%.0f', redis.call('HINCRBY', meta, 'offset', 1))
  local id = offset .. '-0'
  if info == '' then
    redis.call('XADD', log, 'MAXLEN', trim, history, id, 'data', data)
  else
    redis.call('XADD', log, 'MAXLEN', trim, history, id, 'data', data, 'info', info)
    info = ',"info":' .. info
  end
  local position = string.format('{"epoch":%s,"offset":%s', cjson.encode(epoch), offset)
  redis.call('SPUBLISH', channel, position .. ',"data":' .. data .. info .. '}')
  return offset
end
