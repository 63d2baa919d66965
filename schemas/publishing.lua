-- What every publisher of a channel does: functions that stand before its own script.

-- What a server of a cluster is known by, for as long as it is the primary of its slots without a break. It never looks like a run id.
local function own_reign()
  return 'reign-' .. string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
end

-- The epoch in which the channel goes on, begun anew where there is none, and on a server that was restarted or has taken over from another: it may have
-- lost its last second, and subscribers must not resume over it. Without a run id the server is asked, which costs more than all else.
local function epoch_of(meta, log, run_id, new_epoch)
  run_id = run_id == '' and own_reign() or run_id
  local epoch, held_run = unpack(redis.call('HMGET', meta, 'epoch', 'run_id'))
  if epoch and held_run == run_id then
    return epoch
  end
  redis.call('DEL', log)
  redis.call('HSET', meta, 'epoch', new_epoch, 'offset', 0, 'run_id', run_id)
  return new_epoch
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
