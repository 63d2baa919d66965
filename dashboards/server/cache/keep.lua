-- Keeps an answer, and so many bytes of all: those that end soonest go first.
-- KEYS: the answer, when answers end (sorted set), their sizes (hash, with their sum). ARGV: base of keys, key, value, asked at, ms to keep, most bytes.
local base, key, value = ARGV[1], ARGV[2], ARGV[3]
local ms, most = tonumber(ARGV[5]), tonumber(ARGV[6])
local SUM, BESIDE = 'sum', 400

local held = redis.call('GET', KEYS[1])
if held and (tonumber(string.sub(held, 1, 13)) or 0) >= tonumber(ARGV[4]) then return 0 end

local function forget(other)
  local size = tonumber(redis.call('HGET', KEYS[3], other) or 0)
  redis.call('ZREM', KEYS[2], other)
  redis.call('HDEL', KEYS[3], other)
  redis.call('UNLINK', base .. other)
  return redis.call('HINCRBY', KEYS[3], SUM, -size)
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, ended in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)) do forget(ended) end

local size = #value + BESIDE
local sum = forget(key)
while sum + size > most do
  local soonest = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
  if not soonest then
    -- Redis has evicted the one half of the index.
    redis.call('DEL', KEYS[3])
    break
  end
  sum = forget(soonest)
end

redis.call('SET', KEYS[1], value, 'PX', ms)
redis.call('ZADD', KEYS[2], now + ms, key)
redis.call('HSET', KEYS[3], key, size)
redis.call('HINCRBY', KEYS[3], SUM, size)
return 1
