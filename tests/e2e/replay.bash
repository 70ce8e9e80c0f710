# shellcheck shell=bash
# The requests of a connector's recorded cases, sent to a server: replay CONNECTOR URL gives one line for
# each, "STATUS METHOD URL".  Requests to other hosts are left out.

replay_requests() {
	jq -c '.want | if type == "array" then .[] elif type == "object" then ., (.next | arrays | .[]) else empty end |
		objects | select(.url | type == "string" and startswith("/"))' \
		"$BATS_TEST_DIRNAME/../../share/connectors/$1.cases.ndjson" | sort -u
}

replay() {
	local request method url body headers header
	while read -r request; do
		method=$(jq -r '.method // "GET"' <<<"$request")
		url=$(jq -r '.url + if .query then "?" + ([.query | to_entries[] | select(.value != null) |
			"\(.key | @uri)=\(.value | tostring | @uri)"] | join("&")) else "" end' <<<"$request")
		body=$(jq -c '.json // empty' <<<"$request")
		headers=()
		while read -r header; do
			headers+=(-H "$header")
		done < <(jq -r '.headers // {} | to_entries[] | "\(.key): \(.value)"' <<<"$request")
		printf '%s %s %s\n' "$(curl -sS -o /dev/null -w '%{http_code}' -X "$method" -H 'Authorization: Bearer token' \
			"${headers[@]}" ${body:+-H 'Content-Type: application/json' -d "$body"} "$2$url")" "$method" "$url"
	done < <(replay_requests "$1")
}
