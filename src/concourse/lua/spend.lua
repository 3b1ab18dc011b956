-- One act against one bucket: the same arithmetic as `rates::decide`, by this server's clock.
-- KEYS: the bucket. ARGV: the interval and the whole of the policy, in microseconds.
-- Answers whether it is allowed and how far ahead of now the bucket is.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval, whole = tonumber(ARGV[1]), tonumber(ARGV[2])
local empty_at = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
empty_at = math.min(empty_at, now + whole)
local after = empty_at + interval
if after > now + whole then
  return {0, empty_at - now}
end
-- `tostring` would round: microseconds since 1970 have more digits than it shows.
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {1, after - now}
