-- Tells what a node is, if it tells something, and answers all nodes whose last word is not too old. Time is that of Redis alone.
--
-- KEYS  nodes: a hash by node of "<since, ms> <until, ms> <state>"
-- ARGV  node or '', state as JSON ('' takes the node away), ms for which it holds
-- Answers node, ms since it came, state; node, …

local nodes = KEYS[1]
local node, state, life = unpack(ARGV)
local now = now_ms()

if node ~= '' and state == '' then
  redis.call('HDEL', nodes, node)
elseif node ~= '' then
  local since, before = string.match(redis.call('HGET', nodes, node) or '', '^(%d+) (%d+) ')
  -- Silent for too long, or here since before the clock was set back.
  if not since or tonumber(before) <= now or tonumber(since) > now then
    since = string.format('%d', now)
  end
  redis.call('HSET', nodes, node, since .. ' ' .. string.format('%d', now + life) .. ' ' .. state)
end

local answer = {}
local fields = redis.call('HGETALL', nodes)
for at = 1, #fields, 2 do
  local since, held, told = string.match(fields[at + 1], '^(%d+) (%d+) (.*)$')
  -- What nobody can read is no node's, and must not keep the others from one another.
  if not held or tonumber(held) <= now or tonumber(held) > now + life + SET_RIGHT then
    redis.call('HDEL', nodes, fields[at])
  else
    table.insert(answer, fields[at])
    table.insert(answer, now - since)
    table.insert(answer, told)
  end
end
return answer
