local t = {}
for i = 1, 10 do table.insert(t, string.format("%d %s", i, string.rep("x", i))) end
table.sort(t)
local sum = 0
for k, v in pairs({a = 1, b = 2, [3] = 4}) do sum = sum + v end
function score(r, i, c) return bit.band(r.input_tokens, 3) + math.floor(i.kv_utilization * 10) + #t + sum end
function admit(r, c) return #c > 2 and string.sub(r.slo_class, 1, 1) == "b" end
function priority(r, i) return math.max(r.priority, tonumber("12")) end
