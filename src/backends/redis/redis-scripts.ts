import { createHash } from 'node:crypto';
import type { RedisScript } from './redis-connection.js';

function script(text: string): RedisScript {
  return { text, hash: createHash('sha1').update(text).digest('hex') };
}

/**
 * Keeps the sorted sets of names: `in/tip/a/` has the names right below the folder `tip/a/`, those of folders with a
 * slash at their end, and a folder is named in its parent as long as it has names. `prefix` is that of the store.
 */
const NAMES = `
local prefix = ARGV[1]
local function inFolder(path)
  local folder, name = string.match(path, '^(.*/)([^/]+/?)$')
  if folder == nil then return '', path end
  return folder, name
end
local function name(path)
  while path ~= '' do
    local folder, child = inFolder(path)
    if redis.call('ZADD', prefix .. 'in/' .. folder, 0, child) == 0 then return end
    path = folder
  end
end
local function unname(path)
  while path ~= '' do
    local folder, child = inFolder(path)
    local set = prefix .. 'in/' .. folder
    if redis.call('ZREM', set, child) == 0 or redis.call('EXISTS', set) == 1 then return end
    path = folder
  end
end
`;

/**
 * Compares and puts. KEYS: those expected, those set, those deleted. ARGV: prefix of the store; how many are expected
 * and how many are set; number of the new head for the feed, or 0; a version for each expected key, '' if there must be
 * none; a value for each key that is set. Returns the indexes of the expected keys that have another version; if there
 * is one, nothing was written.
 */
export const WRITE = script(`${NAMES}
local expected, set, seq = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local stale = {}
for i = 1, expected do
  local value = redis.call('GET', KEYS[i])
  local version = ''
  if value then version = redis.sha1hex(value) end
  if version ~= ARGV[4 + i] then stale[#stale + 1] = i end
end
if #stale > 0 then return stale end
local from = #prefix + 1
for i = expected + set + 1, #KEYS do
  if redis.call('DEL', KEYS[i]) == 1 then unname(string.sub(KEYS[i], from)) end
end
for i = expected + 1, expected + set do
  redis.call('SET', KEYS[i], ARGV[4 + i])
  name(string.sub(KEYS[i], from))
end
if seq > 0 then
  local feed, id = prefix .. 'feed', string.format('%.0f-0', seq)
  local put = redis.pcall('XADD', feed, 'MAXLEN', '~', 1000, id, 'seq', ARGV[4])
  if type(put) == 'table' and put.err then
    -- The head went back: whoever waits for an older number sees that later.
    redis.call('DEL', feed)
    redis.call('XADD', feed, id, 'seq', ARGV[4])
  end
end
return {}
`);
