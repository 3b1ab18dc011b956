-- Whether somebody may hold so many places at one instance, given those at the others; if so, writes it down.
-- KEYS: the counts of that instance, then those of the others that live. ARGV: holder, places there, the most, ttl in ms.
local elsewhere = 0
for index = 2, #KEYS do
  elsewhere = elsewhere + tonumber(redis.call('HGET', KEYS[index], ARGV[1]) or 0)
end
local held = tonumber(ARGV[2])
if elsewhere + held > tonumber(ARGV[3]) then
  return 0
end
-- Claims overtake each other; whoever gives a place back says so later, in order.
if held > tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0) then
  redis.call('HSET', KEYS[1], ARGV[1], held)
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
