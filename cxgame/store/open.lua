-- cx_open, cx_renew: who may write a game.
--
-- The epoch, which only cx_open raises, fences every earlier writer. The lease is politeness: it
-- keeps a second server from taking a game that is being played.

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function text(number)
  return string.format('%.0f', number)
end

local function type_of(key)
  local reply = redis.call('TYPE', key)
  return reply.ok or reply
end

local function newest_id(key)
  local info = redis.call('XINFO', 'STREAM', key)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      return info[i + 1]
    end
  end
end

-- What makes the game unfit to be played, or nil.
local function damage(keys)
  local meta = type_of(keys[1])
  if meta ~= 'hash' and meta ~= 'none' then
    return keys[1] .. ' is a ' .. meta .. ', not ours'
  end
  for i = 2, 4 do
    local type = type_of(keys[i])
    if type ~= 'stream' and type ~= 'none' then
      return keys[i] .. ' is a ' .. type .. ', not ours'
    end
  end
  if meta == 'hash' then
    for _, field in ipairs({'epoch', 'seq', 'event', 'private', 'expires'}) do
      local value = redis.call('HGET', keys[1], field)
      if not value or not string.find(value, '^%d+$') then
        return keys[1] .. ' has no number as its ' .. field
      end
    end
    if redis.call('HEXISTS', keys[1], 'hash') == 0 then
      return keys[1] .. ' has lost the hash of the last batch'
    end
  end
  local seq = redis.call('HGET', keys[1], 'seq') or '0'
  local last = '0-0'
  if type_of(keys[2]) == 'stream' then
    last = newest_id(keys[2])
  end
  if last ~= seq .. '-0' then
    return 'the journal ends at ' .. last .. ', its head says ' .. seq
  end
end

-- keys: 1 meta, 2 journal, 3 events, 4 private; args: 1 owner, 2 lease in ms, 3 '1' to take over
-- answers: {OK, epoch, seq, hash, event, private}, {HELD, owner, expires, now} or {BROKEN, why}
local function open(keys, args)
  local broken = damage(keys)
  if broken then
    return {'BROKEN', broken}
  end
  local now = now_ms()
  local lease = redis.call('HMGET', keys[1], 'owner', 'expires')
  local live = lease[1] and lease[1] ~= args[1] and tonumber(lease[2]) > now
  if live and args[3] ~= '1' then
    return {'HELD', lease[1], lease[2], text(now)}
  end
  local epoch = redis.call('HINCRBY', keys[1], 'epoch', 1)
  if epoch == 1 then
    redis.call('HSET', keys[1], 'seq', '0', 'hash', '', 'event', '0', 'private', '0')
  end
  redis.call('HSET', keys[1], 'owner', args[1], 'expires', text(now + args[2]))
  local head = redis.call('HMGET', keys[1], 'seq', 'hash', 'event', 'private')
  return {'OK', text(epoch), head[1], head[2], head[3], head[4]}
end

-- keys: 1 meta; args: 1 epoch, 2 lease in ms, 0 to give it back; answers: OK, FENCED ... or GAP ...
local function renew(keys, args)
  local epoch = redis.call('HGET', keys[1], 'epoch')
  if not epoch then
    return 'GAP the store does not know this game'
  end
  if epoch ~= args[1] then
    return 'FENCED by epoch ' .. epoch .. ', ours is ' .. args[1]
  end
  redis.call('HSET', keys[1], 'expires', text(now_ms() + args[2]))
  return 'OK'
end

redis.register_function('cx_open_' .. SUFFIX, open)
redis.register_function('cx_renew_' .. SUFFIX, renew)
