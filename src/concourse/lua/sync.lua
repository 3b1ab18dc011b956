-- Writes down what changed at one instance and answers how many there are everywhere.
-- KEYS: sum, ids, who, the instance's own part.
-- ARGV: its name, the version it last wrote (0: none), the version it writes now, its streams, whether it has nobody left
-- (1), ttl in ms (0: not now); then per person id, streams (-1: gone), since, status, card ('' : as before).
-- Version '-' only looks. Nothing new keeps the old version.
-- Answers the instance's version (0: what it wrote before is not there), users, viewers, the event's version, instances.
local sum, ids, who, part = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local name, old, new = ARGV[1], ARGV[2], ARGV[3]
if old ~= '-' then
  local has, before = '0', 0
  local line = redis.call('HGET', sum, 'at:' .. name)
  if line then
    local version, streams = string.match(line, '^(%w+):(%d+)$')
    has, before = version, tonumber(streams)
  end
  -- An answer that got lost leaves the new version behind; what is said again then is no harm.
  if has ~= old and has ~= new then
    return {0, 0, 0, 0, {}}
  end
  if has == '0' then
    -- A part that outlived its totals counts in none.
    redis.call('DEL', part)
  end
  local streams = tonumber(ARGV[4])
  if #ARGV > 6 or streams ~= before or has == '0' or ARGV[5] == '1' then
    for index = 7, #ARGV, 5 do
      change(sum, ids, who, part, ARGV[index], tonumber(ARGV[index + 1]), ARGV[index + 2], ARGV[index + 3], ARGV[index + 4])
    end
    settle(sum, name, new, before, streams)
    if ARGV[5] == '1' then
      redis.call('DEL', part)
      leave(sum, ids, who, name)
    end
  else
    new = has
  end
  if ARGV[6] ~= '0' then
    for index = 1, 3 do
      redis.call('PEXPIRE', KEYS[index], ARGV[6])
    end
    -- Longer than the totals it is counted in: a part that ended before them could not be subtracted any more.
    redis.call('PEXPIRE', part, 10 * tonumber(ARGV[6]))
  end
end
local streams, graced, version, names = 0, 0, 0, {}
local all = redis.call('HGETALL', sum)
for index = 1, #all, 2 do
  local field, value = all[index], all[index + 1]
  if field == 'streams' then streams = tonumber(value)
  elseif field == 'graced' then graced = tonumber(value)
  elseif field == 'version' then version = tonumber(value)
  else names[#names + 1] = string.sub(field, 4) end
end
return {tonumber(new) or 1, redis.call('ZCARD', ids), streams + graced, version, names}
