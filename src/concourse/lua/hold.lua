-- Writes down how many places holders have at one instance.
-- KEYS: its counts. ARGV: ttl in ms, then holder and places, again and again.
for index = 2, #ARGV, 2 do
  if ARGV[index + 1] == '0' then
    redis.call('HDEL', KEYS[1], ARGV[index])
  else
    redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.status_reply('OK')
