function score(r, i)
  return i.load +
end
