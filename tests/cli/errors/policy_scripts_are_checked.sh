# A script that cannot be used is refused before anything runs, with its file and line; one that fails later says when.
model=(--model qwen/qwen3-14b --num-instances 2 --num-requests 5)

run blis run "${model[@]}" --policy-script missing.lua
expect_status 1
expect_empty_stdout
expect_stderr_contains "missing.lua"

printf 'function score(r, i)\n  return i.load +\nend\n' >broken.lua
run blis run "${model[@]}" --policy-script broken.lua
expect_status 1
expect_empty_stdout
expect_stderr_contains "broken.lua:3:"

printf 'function score(r, i)\n  return i.waiting\nend\n' >misspelt.lua
run blis run "${model[@]}" --policy-script misspelt.lua
expect_status 1
expect_empty_stdout
expect_stderr_contains "misspelt.lua:2:"
expect_stderr_contains "of simulated time"

# What a script does not define cannot be asked for, and what nobody asks for is pointed out.
printf 'function admit(r, c) return true end\n' >admit.lua
run blis run "${model[@]}" --policy-script admit.lua --routing-policy script
expect_status 1
expect_stderr_contains "score()"
run blis run "${model[@]}" --policy-script admit.lua --admission-policy reject-all
expect_status 0
expect_stderr_contains "admit() of --policy-script has no effect"
run blis run "${model[@]}" --routing-policy script
expect_status 1
expect_stderr_contains "--policy-script"
