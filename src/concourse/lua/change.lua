-- One person's streams at one instance become `count` (-1: none, and no grace either).
-- Whoever is here: `who` has "instances:streams:since:status:card", `ids` their id for pages in order. `sum` counts as
-- `graced` those without a stream, who are missed only after their grace.
local function change(sum, ids, who, part, id, count, since, status, card)
  local before = tonumber(redis.call('HGET', part, id) or -1)
  local known = redis.call('HGET', who, id)
  local instances, streams, rest = 0, 0, nil
  if known then
    local i, s, r = string.match(known, '^(%d+):(%d+):(.*)$')
    instances, streams, rest = tonumber(i), tonumber(s), r
  end
  local was_graced = known and streams == 0
  if before >= 0 then
    instances, streams = instances - 1, streams - before
  end
  if count >= 0 then
    instances, streams = instances + 1, streams + count
    redis.call('HSET', part, id, count)
  elseif before >= 0 then
    redis.call('HDEL', part, id)
  end
  if instances <= 0 then
    if known then
      redis.call('HDEL', who, id)
      redis.call('ZREM', ids, id)
    end
  else
    if card ~= '' or not rest then
      -- Whoever is known has been here since then, whatever the instance says that heard of them last.
      local first = rest and string.match(rest, '^(%d+):') or since
      rest = first .. ':' .. status .. ':' .. card
    end
    redis.call('HSET', who, id, instances .. ':' .. streams .. ':' .. rest)
    if not known then
      redis.call('ZADD', ids, 0, id)
    end
  end
  local is_graced = instances > 0 and streams == 0
  if was_graced ~= is_graced and (was_graced or is_graced) then
    redis.call('HINCRBY', sum, 'graced', is_graced and 1 or -1)
  end
end

-- The streams at one instance, anonymous ones included, become `count`.
local function settle(sum, name, version, before, count)
  redis.call('HSET', sum, 'at:' .. name, version .. ':' .. count)
  if count ~= before then
    redis.call('HINCRBY', sum, 'streams', count - before)
  end
  redis.call('HINCRBY', sum, 'version', 1)
end

-- Takes an instance out that has nobody left; with the last one goes everything.
local function leave(sum, ids, who, name)
  redis.call('HDEL', sum, 'at:' .. name)
  for _, field in ipairs(redis.call('HKEYS', sum)) do
    if string.sub(field, 1, 3) == 'at:' then
      return
    end
  end
  redis.call('DEL', sum, ids, who)
end

