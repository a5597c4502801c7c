-- cx_keep, cx_trim: what the keeper of a game tells Valkey, and takes away.
--
-- Only the keeper of the present writer (its epoch) may do either, and only below a snapshot that
-- was recorded after it was on the disk. The last entries always stay: a commit whose reply was
-- lost is sent again, and must find itself.

local SPARED = 100 -- at most two commits are in flight

local function fenced(key, epoch)
  local present = redis.call('HGET', key, 'epoch')
  if present ~= epoch then
    return 'FENCED by epoch ' .. (present or 'none') .. ', ours is ' .. epoch
  end
end

-- keys: 1 meta, 2 journal; args: 1 epoch, 2 name, 3 seq, 4 hash of the snapshot
-- answers: OK, FENCED ..., or GAP ... or CONFLICT ... for a snapshot that is not of this journal
local function keep(keys, args)
  local refused = fenced(keys[1], args[1])
  if refused then
    return refused
  end
  local id = args[3] .. '-0'
  local entry = redis.call('XRANGE', keys[2], id, id)[1]
  if not entry then
    return 'GAP the journal has no batch ' .. args[3]
  end
  if entry[2][2] ~= args[4] then
    return 'CONFLICT batch ' .. args[3] .. ' of the journal has another hash'
  end
  redis.call('HSET', keys[1], 'snapshot', args[2], 'snapshot_seq', args[3],
    'snapshot_hash', args[4])
  return redis.status_reply('OK')
end

-- keys: 1 meta, 2 journal; args: 1 epoch, 2 seq
-- Takes the batches up to `seq` out of the journal, as far as they may go.
-- answers: how many went, or FENCED ...
local function trim(keys, args)
  local refused = fenced(keys[1], args[1])
  if refused then
    return refused
  end
  local kept = tonumber(redis.call('HGET', keys[1], 'snapshot_seq') or '0')
  local first = math.min(tonumber(args[2]), kept - SPARED) + 1
  if first <= 1 then
    return 0
  end
  return redis.call('XTRIM', keys[2], 'MINID', string.format('%.0f', first) .. '-0')
end

redis.register_function('cx_keep_' .. SUFFIX, keep)
redis.register_function('cx_trim_' .. SUFFIX, trim)
