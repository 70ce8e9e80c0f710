# shellcheck shell=bash
# The requests of a connector's recorded cases, sent to a server.

# What the cases make, one a line: [method, path and query, type of the body, body, header...].
replay_requests() {
	jq -c '.want | (arrays[], objects | ., (.next | arrays[])) | objects | select(.tag or (.url | strings | startswith("/")))
		| [.method // "GET",
		   (.url | sub("^https?://[^/]*"; ""))
			+ ([.query // {} | to_entries[] | .key as $k | .value | (arrays[], select(type != "array") | values)
				| "\($k | @uri)=\(tostring | @uri)"] | if . == [] then "" else "?" + join("&") end),
		   (if .json then "application/json" elif .form then "application/x-www-form-urlencoded" else "" end),
		   (if .json then .json | tojson
		    elif .form then [.form | to_entries[] | "\(.key)=\(.value | tostring | @uri)"] | join("&") else "" end),
		   (.headers // {} | to_entries[] | "\(.key): \(.value)")]' \
		"$BATS_TEST_DIRNAME/../../share/connectors/$1.cases.ndjson" | sort -u
}

# replay CONNECTOR URL [HEADER...]: send them, with a bearer token unless there are headers; a line for each,
# "STATUS METHOD PATH".
replay() {
	local connector=$1 base=$2 line part h common=()
	shift 2
	[ $# -gt 0 ] || set -- 'Authorization: Bearer token'
	for h; do
		common+=(-H "$h")
	done
	while read -r line; do
		mapfile -d '' -t part < <(jq -j '.[] + "\u0000"' <<<"$line")
		set --
		[ -z "${part[2]}" ] || set -- -H "Content-Type: ${part[2]}" --data-binary "${part[3]}"
		for h in "${part[@]:4}"; do
			set -- "$@" -H "$h"
		done
		curl -sS -g -o /dev/null -w "%{http_code} ${part[0]} ${part[1]//%/%%}\n" -X "${part[0]}" \
			"${common[@]}" "$@" "$base${part[1]}"
	done < <(replay_requests "$connector")
}
