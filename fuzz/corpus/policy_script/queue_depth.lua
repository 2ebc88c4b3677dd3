-- The scorer queue-depth, written as a script: fewest waiting requests, normalised over the
-- candidates. As a share of weighted routing it decides exactly as the built-in scorer does:
--   --routing-policy weighted --routing-scorers script:1 --policy-script queue_depth.lua

local seen = 0 -- the decision that least and most belong to
local least, most

function score(request, instance, cluster)
  if cluster.decision ~= seen then
    seen = cluster.decision
    least, most = math.huge, 0
    for i = 1, #cluster do
      local waiting = cluster[i].waiting_requests
      if waiting < least then least = waiting end
      if waiting > most then most = waiting end
    end
  end
  if most == least then return 1 end
  return (most - instance.waiting_requests) / (most - least)
end
