-- Values of the first fields of a hash that fit into a number of bytes.
-- KEYS: the hash. ARGV: bytes, then the fields. Returns the values of as many fields as fit, and of one step at least;
-- the caller asks again for the rest. A plain HMGET would build the whole answer, however large the values are.
local STEP = 16
local bytes, found, size = tonumber(ARGV[1]), {}, 0
for first = 2, #ARGV, STEP do
  local values = redis.call('HMGET', KEYS[1], unpack(ARGV, first, math.min(first + STEP - 1, #ARGV)))
  for i = 1, #values do
    found[#found + 1] = values[i]
    if values[i] then size = size + #values[i] end
  end
  if size >= bytes then break end
end
return found
