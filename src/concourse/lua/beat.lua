-- Renews an instance's line in the roster.
-- KEYS: the roster. ARGV: its name, the lease in ms, and a new name should the lease have ended.
-- Answers its name from now on, the age of its line until now (-1: none), and all names with the ages of their lines.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local name, lease = ARGV[1], tonumber(ARGV[2])
local last = redis.call('ZSCORE', KEYS[1], name)
local age = last and now - tonumber(last) or -1
if age >= lease then
  redis.call('ZREM', KEYS[1], name)
  name, age = ARGV[3], -1
end
redis.call('ZADD', KEYS[1], now, name)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - 15 * lease))
redis.call('PEXPIRE', KEYS[1], 150 * lease)
local all, lines = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES'), {}
for index = 1, #all, 2 do
  lines[#lines + 1] = {all[index], now - tonumber(all[index + 1])}
end
return {name, age, lines}
