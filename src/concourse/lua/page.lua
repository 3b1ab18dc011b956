-- Those who are here, in order of their ids.
-- KEYS: sum, ids, who (and a part that is not looked at). ARGV: after whom ('' : from the first), how many.
local from = ARGV[1] == '' and '-' or '(' .. ARGV[1]
local ids = redis.call('ZRANGE', KEYS[2], from, '+', 'BYLEX', 'LIMIT', 0, ARGV[2])
local page = {}
for index, id in ipairs(ids) do
  page[index] = string.match(redis.call('HGET', KEYS[3], id) or '', '^%d+:%d+:(.*)$') or ''
end
return page
