-- Ends a flight that is still one's own, or leaves it for so many ms. KEYS: the flight. ARGV: whose, ms.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if tonumber(ARGV[2]) > 0 then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('DEL', KEYS[1])
