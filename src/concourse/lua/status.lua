-- Somebody who is here says whether they look.
-- KEYS: sum, ids, who (and a part that is not looked at). ARGV: their id, their status. Answers whether they are here.
local known = redis.call('HGET', KEYS[3], ARGV[1])
if not known then
  return 0
end
local front, card = string.match(known, '^(%d+:%d+:%d+:)%l+:(.*)$')
if front .. ARGV[2] .. ':' .. card ~= known then
  redis.call('HSET', KEYS[3], ARGV[1], front .. ARGV[2] .. ':' .. card)
  redis.call('HINCRBY', KEYS[1], 'version', 1)
end
return 1
