# The network's `handle` and `act` between base.jq and the orders that every fake takes.
. as {$state, $request} |
if $request.path == "/_state" and $request.method == "GET" then {$state, answer: answer(200; $state)}
elif $request.path == "/_state" then {state: ($state + $request.body), answer: answer(200; {})}
elif $request.path == "/_faults"
	then {state: ($state + {faults: $request.body}), answer: answer(200; {})}
elif $request.path == "/_do" then ($state | act($request.body; $request.now)) |
	{state: ., answer: answer(200; (.last // {}))}
else
	($state | due($request)) as {$fault, $faults} |
	($state + (if $faults then {$faults} else {} end)) as $state |
	if $fault == null then {$state, $request} | handle
	else
		(if $fault.lose then {$state, answer: answer(502; "")} else {$state, $request} | handle end) |
		.answer += ($fault | {cut, drop, pace, delay, status, body} |
			with_entries(select(.value != null))) |
		.answer.headers += (($fault.headers // {}) | with_entries(.value |= moment($request.now)))
	end
end
