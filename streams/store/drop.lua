-- Removes everything of one partition, fenced like a commit: its owner will read the log again from the beginning.
-- KEYS as in streams/store/keys.py KINDS; ARGV: position, nonce and number of the last commit.
local stored = redis.call('HMGET', KEYS[1], 'position', 'nonce', 'number')
for i = 1, 3 do
  -- Without a head this script itself has run before: its answer was lost.
  if stored[i] and stored[i] ~= ARGV[i] then return 'another owner has committed' end
end
redis.call('UNLINK', unpack(KEYS))
return 'done'
