function score(r, i) return r.output_tokens end
