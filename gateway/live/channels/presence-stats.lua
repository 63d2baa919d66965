-- Counts the clients of a channel, and their listeners.
--
-- KEYS  members: "<client> <user>", by when each runs out
-- Answers both.

local clients, users, listeners = leased(KEYS[1], -1), {}, 0
for _, member in ipairs(clients) do
  local user = string.sub(member, string.find(member, ' ', 1, true) + 1)
  if not users[user] then
    users[user] = true
    listeners = listeners + 1
  end
end
return { #clients, listeners }
