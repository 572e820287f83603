-- One fenced commit of one partition: position, numbers and states change together or not at all.
-- KEYS as in streams/store/keys.py KINDS; ARGV as in Commit.arguments() (streams/store/commit.py): a MessagePack map of
-- text, then binary data, which Redis's MessagePack cannot encode: the status, then all field-value pairs as one string.
-- Returns {'damaged', place of the key} where a key is of another kind, else
-- {outcome, detail, lost events acknowledged, subjects with an expired state, the same of subjects in a live set}.
--
-- The fence compares position, nonce (one per owner) and number (of the owner's commit). The position alone is not
-- enough: two owners can hold different memory at the same position. The nonce alone is not enough: a Redis that lost its
-- last second in a crash still has the nonce of the same owner, at an older number. No lock with a timeout is used,
-- because an owner that was paused longer than the timeout could still write.
local head, numbers, changed, contacts, expiry, live_expiry, names, policies, conflicts, aside = unpack(KEYS)
local c = cmsgpack.unpack(ARGV[1])

-- Before the first write, since Lua does not undo what was written when a later command fails.
local SORTED = {[3] = true, [5] = true, [6] = true} -- changed, expiry, live_expiry (SORTED_SETS of keys.py)
for i = 1, #KEYS do
  local kind = redis.call('TYPE', KEYS[i]).ok
  if kind ~= 'none' and kind ~= (SORTED[i] and 'zset' or 'hash') then return {'damaged', tostring(i)} end
end

local stored = redis.call('HMGET', head, 'position', 'nonce', 'number')
for i = 1, 3 do stored[i] = stored[i] or '' end
if stored[2] == c.nonce and stored[3] == c.number then
  if stored[1] ~= c.position then return {'conflict', 'commit id with another position'} end
  -- Our own retry after a lost answer: all changes are applied already. Without this branch the retry would be a
  -- conflict with itself, since the stored id is its own and no longer the expected one.
elseif stored[1] ~= c.expected_position or stored[2] ~= c.expected_nonce or stored[3] ~= c.expected_number then
  local reason = 'moved'
  if stored[1] == '' then reason = 'emptied' elseif stored[2] ~= c.expected_nonce then reason = 'owner' end
  redis.call('HINCRBY', conflicts, reason, 1)
  return {'conflict', reason .. ': found position ' .. stored[1] .. ' of commit ' .. stored[2] .. ':' .. stored[3] ..
    ', expected ' .. c.expected_position .. ' of ' .. c.expected_nonce .. ':' .. c.expected_number}
else
  local CHUNK = 1000 -- even, so that pairs stay together; unpack() fails near 8,000 values
  local function each(command, key, list)
    for first = 1, #list, CHUNK do
      redis.call(command, key, unpack(list, first, math.min(first + CHUNK - 1, #list)))
    end
  end
  local from = 1
  local function cut(lengths)
    local list = {}
    for i = 1, #lengths do
      list[i] = string.sub(ARGV[3], from, from + lengths[i] - 1)
      from = from + lengths[i]
    end
    return list
  end
  local set = cut(c.lengths[1])
  each('HSET', numbers, set)
  each('HSET', contacts, cut(c.lengths[2]))
  each('HSET', policies, cut(c.lengths[3]))
  each('HDEL', numbers, c.deleted)
  each('HDEL', contacts, c.contacts_deleted)
  each('ZADD', expiry, c.expiry)
  each('ZREM', expiry, c.expiry_deleted)
  each('ZADD', live_expiry, c.live_expiry)
  each('ZREM', live_expiry, c.live_expiry_deleted)
  each('HSET', names, c.names)
  each('HSET', aside, c.aside)
  each('HDEL', aside, c.aside_deleted)
  local touched = {}
  local function touch(field)
    touched[#touched + 1] = c.number
    touched[#touched + 1] = field
  end
  for i = 1, #set, 2 do touch(set[i]) end
  for i = 1, #c.deleted do touch(c.deleted[i]) end
  each('ZADD', changed, touched)
  redis.call('ZREMRANGEBYSCORE', changed, '-inf', c.changed_floor)
  redis.call('HSET', head, 'position', c.position, 'nonce', c.nonce, 'number', c.number, 'status', ARGV[2], unpack(c.head))
end
local function due(key)
  return redis.call('ZRANGEBYSCORE', key, '-inf', c.clock, 'LIMIT', 0, c.sweep)
end
return {'done', '', redis.call('HGET', head, 'acknowledged') or '0', due(expiry), due(live_expiry)}
