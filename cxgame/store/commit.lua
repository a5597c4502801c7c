-- cx_commit: one batch becomes durable, whole or not at all.
--
-- Everything is checked before the first write, because a function that fails half-way leaves its
-- writes. Seqs stay text: Lua would print large numbers as 1e+15.
--
-- keys: 1 meta, 2 journal, 3 events, 4 private, 5... views
-- args: 1 epoch, 2 seq, 3 previous hash, 4 hash, 5 record,
--       6 first event, 7 last event, 8 public, 9 first private, 10 last private, 11 private,
--       12 batches of events kept, 13 lease in ms,
--       14... groups of views: place of the key, number of parts, then the parts: field, blob, ...
--             to set; or, with a negative place, field, ... to delete
-- answers: OK, DUP, or CONFLICT, GAP, FENCED followed by an explanation

-- Views are written in calls of 60 parts, which costs a third of one call each. Not in one call:
-- `unpack` of some thousand values fails, and would do so after the journal was written.
local PARTS = 60 -- even, so that a field stays with its blob

local function settled(keys, args)
  local id = args[2] .. '-0'
  local entry = redis.call('XRANGE', keys[2], id, id)[1]
  if entry and entry[2][2] == args[4] then
    return redis.status_reply('DUP')
  end
  if entry then
    return 'CONFLICT batch ' .. args[2] .. ' is already there, with another hash'
  end
  return 'GAP batch ' .. args[2] .. ' is in the past and not kept'
end

local function events_overlap(blob, first, head)
  return #blob > 0 and tonumber(first) <= tonumber(head)
end

local function refusal(keys, args)
  local head = redis.call('HMGET', keys[1], 'epoch', 'seq', 'hash', 'event', 'private')
  if not head[1] then
    return 'GAP the store does not know this game'
  end
  if head[1] ~= args[1] then
    return 'FENCED by epoch ' .. head[1] .. ', ours is ' .. args[1]
  end
  local have, seq = tonumber(head[2]), tonumber(args[2])
  if seq <= have then
    return settled(keys, args)
  end
  if seq > have + 1 then
    return 'GAP batch ' .. args[2] .. ' does not follow batch ' .. head[2]
  end
  if head[3] ~= args[3] then
    return 'CONFLICT batch ' .. args[2] .. ' continues another history'
  end
  if events_overlap(args[8], args[6], head[4]) then
    return 'GAP event ' .. args[6] .. ' does not follow event ' .. head[4]
  end
  if events_overlap(args[11], args[9], head[5]) then
    return 'GAP private event ' .. args[9] .. ' does not follow ' .. head[5]
  end
end

local function append_events(key, kept, first, last, blob)
  redis.call('XADD', key, 'MAXLEN', '~', kept, last .. '-0', 'first', first, 'events', blob)
end

local function show(keys, args)
  local i = 14
  while i <= #args do
    local place = tonumber(args[i])
    local verb, key = 'HSET', keys[math.abs(place)]
    if place < 0 then
      verb = 'HDEL'
    end
    local last = i + 1 + tonumber(args[i + 1])
    for first = i + 2, last, PARTS do
      -- pcall: a view is a cache; whatever somebody made of its key must not touch the journal
      redis.pcall(verb, key, unpack(args, first, math.min(first + PARTS - 1, last)))
    end
    i = last + 1
  end
end

local function commit(keys, args)
  local refused = refusal(keys, args)
  if refused then
    return refused
  end
  redis.call('XADD', keys[2], args[2] .. '-0', 'hash', args[4], 'record', args[5])
  local time = redis.call('TIME')
  local expires = time[1] * 1000 + math.floor(time[2] / 1000) + args[13]
  redis.call('HSET', keys[1], 'seq', args[2], 'hash', args[4],
    'expires', string.format('%.0f', expires))
  if #args[8] > 0 then
    redis.call('HSET', keys[1], 'event', args[7])
    append_events(keys[3], args[12], args[6], args[7], args[8])
  end
  if #args[11] > 0 then
    redis.call('HSET', keys[1], 'private', args[10])
    append_events(keys[4], args[12], args[9], args[10], args[11])
  end
  show(keys, args)
  return redis.status_reply('OK')
end

redis.register_function('cx_commit_' .. SUFFIX, commit)
