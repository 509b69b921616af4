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

/** Tells the number of the new head to those who wait for it. */
const FEED = `
local function tell(seq)
  local feed, id = prefix .. 'feed', string.format('%.0f-0', seq)
  local put = redis.pcall('XADD', feed, 'MAXLEN', '~', 1000, id, 'seq', string.format('%.0f', seq))
  if type(put) == 'table' and put.err then
    -- The number did not rise: the head went back, or a large write was finished.
    redis.call('DEL', feed)
    redis.call('XADD', feed, id, 'seq', string.format('%.0f', seq))
  end
end
`;

/**
 * Compares and puts. KEYS: those expected, those set, those deleted. ARGV: prefix of the store; how many are expected
 * and how many are set; number of the new head for the feed, or 0; a version for each expected key, '' if there must be
 * none; a value for each key that is set. Returns the indexes of the expected keys that have another version; if there
 * is one, nothing was written.
 */
export const WRITE = script(`${NAMES}${FEED}
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
if seq > 0 then tell(seq) end
return {}
`);

/**
 * Puts commits on top of the head, as `appendTo` (`src/backends/keyed/append/append-plan.ts`) does. KEYS: the head. ARGV: prefix of
 * the store; an `Append` as JSON, with `time` as text. Returns the new head and the revisions; nothing if the keys do
 * not allow it, and then nothing was written.
 */
export const APPEND = script(`${NAMES}${FEED}
local append = cjson.decode(ARGV[2])
local function at(key) return redis.call('GET', prefix .. key) end
local text = at('head')
if not text then return {} end
local head = cjson.decode(text)
if head.applied ~= head.seq then return {} end
local base, beginning = at(append.base.key), append.base.beginning
if not base or string.sub(base, 1, #beginning) ~= beginning then return {} end
for _, expected in ipairs(append.expect) do
  if (at(expected[1]) or cjson.null) ~= expected[2] then return {} end
end
for _, path in ipairs(append.free) do
  local folder, child = inFolder(path)
  local set, to = prefix .. 'in/' .. folder, '(' .. child .. string.char(255)
  if #redis.call('ZRANGEBYLEX', set, '[' .. child, to, 'LIMIT', 0, 1) > 0 then return {} end
end
local function put(key, value)
  redis.call('SET', prefix .. key, value)
  name(key)
end
local time, parent, seq = append.time, head.revision, head.seq
if head.time > time then time = head.time end
local answer = {''}
for _, commit in ipairs(append.commits) do
  seq = seq + 1
  local hash = redis.sha1hex(parent .. ' ' .. commit.digest)
  local revision = string.format('%.0f-%s', seq, string.sub(hash, 1, 16))
  local record = '{"revision":"' .. revision .. '","parent":"' .. parent .. '","time":"' .. time .. '"' .. commit.rest
  put(string.format('rev/%012.0f', seq), record)
  for _, file in ipairs(commit.puts) do put(file.key, file.value) end
  answer[#answer + 1] = revision
  parent = revision
end
local numbers = string.format('{"seq":%.0f,"revision":"%s","time":"%s","applied":%.0f', seq, parent, time, seq)
answer[1] = numbers .. ',"parts":0}'
put('head', answer[1])
tell(seq)
return answer
`);
