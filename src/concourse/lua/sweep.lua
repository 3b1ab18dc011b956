-- Takes some of those away whom an instance had that is no more.
-- KEYS: sum, ids, who, that instance's part. ARGV: its name, how many at once.
-- Answers whether some are left.
local sum, ids, who, part, name = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1]
local line = redis.call('HGET', sum, 'at:' .. name)
if not line then
  redis.call('DEL', part)
  return 0
end
local before = tonumber(string.match(line, ':(%d+)$'))
local cursor, found = '0', {}
repeat
  local page = redis.call('HSCAN', part, cursor, 'COUNT', ARGV[2])
  cursor, found = page[1], page[2]
until #found > 0 or cursor == '0'
for index = 1, #found, 2 do
  change(sum, ids, who, part, found[index], -1, '0', 'online', '')
end
-- From the first step on it is no version any more: an instance that was only thought dead has to begin anew.
settle(sum, name, 'swept', before, 0)
if redis.call('HLEN', part) > 0 then
  return 1
end
leave(sum, ids, who, name)
return 0
