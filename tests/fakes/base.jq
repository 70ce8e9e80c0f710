# What all the fakes have: faults by order, and a look at their state.
#
#	PUT  /_faults  [FAULT, ...]    the first that fits a request and is not used up is done
#	PUT  /_state   {...}           state is merged into
#	GET  /_state
#	POST /_do      {...}           somebody does something: `act` of the network
#
# FAULT: {method, path (a regular expression), skip: so many times not, times: then so often (1),
#	lose: true          the request never arrives: nothing is done
#	status, headers, body   the answer instead, after it was done
#	cut, drop, pace, delay  as fake_api.c has them}
# A header "@epoch+N", "@stamp+N" or "@date+N" is the time N seconds from now, as seconds, RFC 3339 or HTTP.

def answer($status; $body): {status: $status, headers: {}, body: $body};

def moment($now):
	if type == "string" and test("^@[a-z]+\\+[0-9]+$") then
		capture("^@(?<how>[a-z]+)\\+(?<n>[0-9]+)$") as $m | ($now + ($m.n | tonumber)) as $t |
		if $m.how == "epoch" then $t | floor | tostring
		elif $m.how == "stamp" then $t | floor | todate
		else $t | floor | gmtime | strftime("%a, %d %b %Y %H:%M:%S GMT") end
	else . end;

def fits($request): (.method == null or .method == $request.method)
	and (.path as $p | $p == null or ($request.path | test($p)));

# Which fault is due, by its place; and what is left of all.
def due($request):
	(.faults // []) as $faults |
	([$faults | to_entries[] | select(.value | fits($request)) |
		select((.value.times // 1) > 0)][0]) as $first |
	if $first == null then {fault: null}
	elif ($first.value.skip // 0) > 0 then {fault: null, faults: ($faults | .[$first.key].skip -= 1)}
	else {fault: $first.value,
		faults: ($faults | .[$first.key].times = (($first.value.times // 1) - 1))} end;
