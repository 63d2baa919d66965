-- Sets absolute totals, moves the positions behind them and publishes the new top list: all of it or nothing.
--
-- A partition's rows are applied only if they begin where the store stands, or before it: so none is left out. Rows that are replayed begin
-- nowhere and move no position. Each field knows the offset of its row, and an older one never overwrites a newer: so each row counts once.
--
-- What is published has at least k listeners (schemas/k-anonymity.ts): an artist of the list, a minute, and all who are not on the list.
--
-- KEYS  state positions windows plays ms names minutes meta log served heard minutes_heard
-- ARGV  topic id, key prefix of windows, Pub/Sub channel, messages kept, span in ms, fields expired at most,
--       length of the top list, k, receivedAt as JSON, number of partitions, epoch to use if a new one must begin,
--       then for each partition: number, from (-1: replayed), next, and as a JSON array of texts each row's
--       artist id, artist name, window start, plays, ms, offset, listener bits
-- Answers "published", "unchanged", or "moved" if the store does not stand where the rows begin.

local state, positions, windows, plays, ms, names, minutes, meta, log, served, heard, minutes_heard = unpack(KEYS)
local topic_id, window_prefix, channel, history = unpack(ARGV, 1, 4)
local span, expire_at_most, top_length = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local k, received_at, partitions = tonumber(ARGV[8]), ARGV[9], tonumber(ARGV[10])

local ROW = 7
-- Artists whose listeners are looked at in one step: bounds how long Redis is held up.
local LOOKED_AT = 5 * top_length
local function int(number)
  return string.format('%.0f', number)
end

-- What the rows of a partition are, or nil if they have been applied before.
local function read_partition(at)
  local partition = { id = ARGV[at], next = tonumber(ARGV[at + 2]), rows = cjson.decode(ARGV[at + 3]) }
  local from, held = tonumber(ARGV[at + 1]), tonumber(redis.call('HGET', positions, ARGV[at]))
  partition.held, partition.replayed = held or 0, from < 0
  if partition.replayed then
    return partition
  end
  if held ~= nil and held >= partition.next then
    partition.applied = true
  elseif held == nil or held < from then
    partition.moved = true
  end
  return partition
end

-- Totals of a version that is not in service are kept as well, but nobody is told of them.
local plain = string.gsub(served, ':served$', ':state')
local in_service = (redis.call('GET', served) or plain) == state

if redis.call('HGET', state, 'topic_id') ~= topic_id then
  return 'moved'
end
local fresh, newest = {}, tonumber(redis.call('HGET', state, 'newest') or '0')
for number = 1, partitions do
  local partition = read_partition(8 + 4 * number)
  if partition.moved then
    return 'moved'
  end
  if not partition.applied then
    fresh[#fresh + 1] = partition
    for i = 3, #partition.rows, ROW do
      newest = math.max(newest, tonumber(partition.rows[i]))
    end
  end
end
local horizon = newest - span

-- Sets of listeners as bits in hex digits: no set has fewer listeners than bits.
local NOBODY = string.rep('0', 32)
local function union(a, b)
  if a == b or b == NOBODY then
    return a
  end
  local words = {}
  for from = 1, 32, 8 do
    local word, other = string.sub(a, from, from + 7), string.sub(b, from, from + 7)
    words[#words + 1] = word == other and word or bit.tohex(bit.bor(tonumber(word, 16), tonumber(other, 16)))
  end
  return table.concat(words)
end
local BITS = { ['0'] = 0, ['1'] = 1, ['2'] = 1, ['3'] = 2, ['4'] = 1, ['5'] = 2, ['6'] = 2, ['7'] = 3 }
for digit = 8, 15 do
  BITS[string.format('%x', digit)] = BITS[tostring(digit - 8)] + 1
end
local function are_enough(listeners)
  local count = 0
  for digit in string.gmatch(listeners, '.') do
    count = count + BITS[digit]
  end
  return k == 1 or count >= k
end

-- By how much each artist's and each minute's figures change.
local artists, minute_deltas, minute_listeners, touched = {}, {}, {}, {}
local function change(artist, name, delta_plays, delta_ms)
  local delta = artists[artist]
  if delta == nil then
    delta = { plays = 0, ms = 0 }
    artists[artist] = delta
  end
  delta.plays, delta.ms, delta.name = delta.plays + delta_plays, delta.ms + delta_ms, name or delta.name
end
local function read_total(text)
  local old_plays, old_ms, old_offset, bits = string.match(text or '0 0', '^(%-?%d+) (%-?%d+) ?(%d*) ?(%x*)$')
  return tonumber(old_plays), tonumber(old_ms), tonumber(old_offset), bits == '' and NOBODY or bits
end
-- What is known of an artist's listeners in the span, if it is known; a total that was taken back makes it unknown.
local function hear(artist, before, now)
  local known = redis.call('HGET', heard, artist)
  if known and union(before, now) == now then
    redis.call('HSET', heard, artist, union(known, now))
  elseif known then
    redis.call('HDEL', heard, artist)
  end
end

for _, partition in ipairs(fresh) do
  local rows = partition.rows
  for i = 1, #rows, ROW do
    local artist, name, start = rows[i], rows[i + 1], rows[i + 2]
    if tonumber(start) > horizon then
      local window = start .. ':' .. partition.id
      local old = redis.call('HGET', window_prefix .. window, artist)
      local old_plays, old_ms, old_offset, old_listeners = read_total(old)
      -- What was written before fields knew their offsets is somewhere before the position.
      if not old or tonumber(rows[i + 5]) > (old_offset or partition.held - 1) then
        redis.call('HSET', window_prefix .. window, artist, table.concat(rows, ' ', i + 3, i + 6))
        if not touched[window] then
          touched[window] = true
          redis.call('ZADD', windows, start, window)
        end
        local delta_plays, delta_ms = tonumber(rows[i + 3]) - old_plays, tonumber(rows[i + 4]) - old_ms
        if delta_plays ~= 0 or delta_ms ~= 0 then
          local listeners = rows[i + 6] == '' and NOBODY or rows[i + 6]
          hear(artist, old_listeners, listeners)
          minute_listeners[start] = union(minute_listeners[start] or NOBODY, listeners)
          change(artist, name, delta_plays, delta_ms)
          minute_deltas[start] = (minute_deltas[start] or 0) + delta_plays
        end
      end
    end
  end
  if not partition.replayed then
    redis.call('HSET', positions, partition.id, int(partition.next))
  end
end
redis.call('HSET', state, 'newest', int(newest))

-- Windows that have left the span give back what they had added, some fields a step.
local function expire(window, at_most)
  local key = window_prefix .. window
  local cursor, fields = '0', nil
  repeat
    cursor, fields = unpack(redis.call('HSCAN', key, cursor, 'COUNT', at_most))
  until #fields > 0 or cursor == '0'
  for i = 1, #fields, 2 do
    local old_plays, old_ms = read_total(fields[i + 1])
    change(fields[i], nil, -old_plays, -old_ms)
    redis.call('HDEL', key, fields[i])
    redis.call('HDEL', heard, fields[i])
  end
  if redis.call('EXISTS', key) == 0 then
    local start = string.match(window, '^(%-?%d+):')
    redis.call('ZREM', windows, window)
    if redis.call('ZCOUNT', windows, start, start) == 0 then
      redis.call('HDEL', minutes, start)
      redis.call('HDEL', minutes_heard, start)
    end
  end
  return math.max(1, #fields / 2)
end
while expire_at_most > 0 do
  local window = redis.call('ZRANGEBYSCORE', windows, '-inf', int(horizon), 'LIMIT', 0, 1)[1]
  if window == nil then
    break
  end
  expire_at_most = expire_at_most - expire(window, expire_at_most)
end

-- What was built anew is told whole, by whichever step comes next.
local retell = in_service and redis.call('HDEL', state, 'retell') == 1
if next(artists) == nil and not retell then
  return 'unchanged'
end
for artist, delta in pairs(artists) do
  local now_plays = tonumber(redis.call('ZINCRBY', plays, int(delta.plays), artist))
  local now_ms = redis.call('HINCRBY', ms, artist, int(delta.ms))
  if now_plays == 0 and now_ms == 0 then
    redis.call('ZREM', plays, artist)
    redis.call('HDEL', ms, artist)
    redis.call('HDEL', names, artist)
  elseif delta.name then
    redis.call('HSET', names, artist, delta.name)
  end
end

-- Plays count in all from when their minute is published, so that nothing can be told from the difference.
local starts, changed_minutes, counted = {}, {}, 0
for start in pairs(minute_deltas) do
  starts[#starts + 1] = start
end
table.sort(starts, function(a, b)
  return tonumber(a) < tonumber(b)
end)
for _, start in ipairs(starts) do
  local before = redis.call('HGET', minutes_heard, start) or NOBODY
  local listeners = union(before, minute_listeners[start])
  local now = redis.call('HINCRBY', minutes, start, int(minute_deltas[start]))
  redis.call('HSET', minutes_heard, start, listeners)
  if are_enough(listeners) then
    counted = counted + (are_enough(before) and minute_deltas[start] or now)
    changed_minutes[#changed_minutes + 1] = string.format('{"start":%s,"plays":%s}', start, int(now))
  end
end
if retell then
  changed_minutes = {}
  local told = redis.call('HGETALL', minutes)
  for i = 1, #told, 2 do
    if are_enough(redis.call('HGET', minutes_heard, told[i]) or NOBODY) then
      changed_minutes[#changed_minutes + 1] = string.format('{"start":%s,"plays":%s}', told[i], told[i + 1])
    end
  end
end
local total_plays = redis.call('HINCRBY', state, 'total_plays', int(counted))
if not in_service then
  return 'unchanged'
end

-- The windows held, newest first, each with its partition; read when the first artist is looked at anew.
local held_windows
local function read_windows()
  local held = {}
  for _, window in ipairs(redis.call('ZREVRANGE', windows, 0, -1)) do
    held[#held + 1] = { key = window_prefix .. window, partition = string.match(window, ':(.*)$') }
  end
  return held
end
-- An artist is in one partition: windows of others need not be asked. Of one who has moved, the listeners of before are not heard for an hour:
-- that withholds more, never less.
local function listeners_of(artist)
  local known = redis.call('HGET', heard, artist)
  if known then
    return known
  end
  held_windows = held_windows or read_windows()
  local listeners, partition = NOBODY, nil
  for _, window in ipairs(held_windows) do
    local total = (partition or window.partition) == window.partition and redis.call('HGET', window.key, artist)
    if total then
      local _, _, _, some = read_total(total)
      listeners, partition = union(listeners, some), window.partition
    end
  end
  redis.call('HSET', heard, artist, listeners)
  return listeners
end

local top, others, ranked = {}, NOBODY, redis.call('ZREVRANGE', plays, 0, LOOKED_AT - 1, 'WITHSCORES')
for i = 1, #ranked, 2 do
  local full = #top == top_length
  if full and are_enough(others) then
    break
  end
  local listeners = listeners_of(ranked[i])
  if full or not are_enough(listeners) then
    others = union(others, listeners)
  else
    top[#top + 1] = string.format(
      '{"artistId":%s,"artistName":%s,"plays":%s,"msPlayed":%s}',
      cjson.encode(ranked[i]),
      cjson.encode(redis.call('HGET', names, ranked[i]) or ranked[i]),
      int(tonumber(ranked[i + 1])),
      redis.call('HGET', ms, ranked[i]) or '0'
    )
  end
end
-- What minutes have beside the list are the plays of all others: if these are too few, the last of the list goes with them.
if redis.call('ZCARD', plays) > #top and not are_enough(others) then
  top[#top] = nil
end

local data = string.format(
  '{"top":[%s],"minutes":[%s],"totalPlays":%s,"receivedAt":%s,"k":%s}',
  table.concat(top, ','),
  table.concat(changed_minutes, ','),
  int(total_plays),
  received_at,
  int(k)
)
publish(meta, log, channel, epoch_of(meta, log, ARGV[11]), data, '', '~', history)
return 'published'
