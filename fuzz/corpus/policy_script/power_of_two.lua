-- Power of two choices: draw two instances and take the one with fewer requests in flight. Nearly
-- as even as asking all of them, and it does not send everybody to the instance that looked idle in
-- the last scrape.

local seen = 0 -- the decision that first and second belong to
local first, second

function score(request, instance, cluster)
  if cluster.decision ~= seen then
    seen = cluster.decision
    local n = #cluster
    local i = math.random(n)
    first, second = cluster[i].id, cluster[i].id
    if n > 1 then
      local j = math.random(n - 1)
      if j >= i then j = j + 1 end
      second = cluster[j].id
    end
  end
  if instance.id ~= first and instance.id ~= second then return -math.huge end
  return -instance.in_flight_requests
end
