-- Probabilistic admission for low tiers: classes of negative priority (batch, sheddable,
-- background) get in with a probability that falls as the platform fills; everybody else always.

local QUEUE_THAT_COUNTS_AS_FULL = 5 -- waiting requests per instance

function admit(request, cluster)
  if not request.sheddable or #cluster == 0 then return true end
  local load = 0
  for i = 1, #cluster do
    local queue = cluster[i].waiting_requests / QUEUE_THAT_COUNTS_AS_FULL
    load = load + math.max(queue, cluster[i].kv_utilization)
  end
  return math.random() >= load / #cluster
end
