-- What a reader needs of one partition, in one piece: the head, and the fields of `numbers` that changed since it last looked.
-- KEYS: head, numbers, changed, names, conflicts. ARGV: the nonce and commit number it knows, how many names it knows,
-- and how many commits `changed` goes back. It writes nothing.
-- Returns nil where nobody ever owned the partition, else
-- {position, nonce, number, status, partitions, whole, names, conflicts, fields}:
-- partitions: how many the topic had when the numbers were made, "" where nobody noted it;
-- whole = 1: fields is {field, value, …} of everything, and what is not in it is gone;
-- whole = 0: fields is {field, value or nil, …} of what changed. names is empty unless there are new ones.
local head = redis.call('HMGET', KEYS[1], 'position', 'nonce', 'number', 'status', 'partitions')
if not (head[1] and head[2] and head[3] and head[4]) then return nil end

local number, known = tonumber(head[3]), tonumber(ARGV[2])
if not number then return {head[1], head[2], head[3], head[4], head[5] or '', 1, {}, {}, {}} end -- the caller refuses it
local whole = head[2] ~= ARGV[1] or number < known or number - known > tonumber(ARGV[4])
local names = {}
if whole or redis.call('HLEN', KEYS[4]) ~= tonumber(ARGV[3]) then names = redis.call('HGETALL', KEYS[4]) end

local fields = {}
if whole then
  fields = redis.call('HGETALL', KEYS[2])
else
  local CHUNK = 1000 -- unpack() fails near 8,000 values
  local changed = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. ARGV[2], '+inf')
  for from = 1, #changed, CHUNK do
    local to = math.min(from + CHUNK - 1, #changed)
    local values = redis.call('HMGET', KEYS[2], unpack(changed, from, to))
    for i = from, to do
      fields[2 * i - 1], fields[2 * i] = changed[i], values[i - from + 1]
    end
  end
end
return {head[1], head[2], head[3], head[4], head[5] or '', whole and 1 or 0, names, redis.call('HGETALL', KEYS[5]), fields}
