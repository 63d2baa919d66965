-- Moves a position that stands where it is to be moved from. Once more, it changes nothing.
--
-- KEYS  positions
-- ARGV  field, from, next
-- Answers 1, or 0 if it stands elsewhere.

local positions, field, from, next = KEYS[1], ARGV[1], ARGV[2], ARGV[3]

local held = redis.call('HGET', positions, field)
if held == from then
  redis.call('HSET', positions, field, next)
end
return (held == from or held == next) and 1 or 0
