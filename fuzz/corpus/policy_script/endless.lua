function score(r, i) while true do end end
