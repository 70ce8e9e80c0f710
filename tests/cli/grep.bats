#!/usr/bin/env bats
# sme-grep: selection, grep's letters and exit statuses, errors with their place, and the same
# answers as Debian's jq.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	LC_ALL=C.UTF-8
	export LC_ALL
	cat >events <<'END'
{"type":"mention","id":"a:1","author":{"followers":1500,"name":"Kim"},"text":"Kein Netz in Kiel","lang_hint":"de","media":[{"type":"image"}],"topics":["network","billing"]}
{"type":"mention","id":"a:2","author":{"followers":12,"name":"Zoé"},"text":"Great service \ud83d\ude00","lang_hint":"en","media":[],"topics":[]}
{"type":"mention","id":"a:3","author":{"followers":1000,"name":null},"text":"kein  netz!","lang_hint":"de","media":[{"type":"video"},{"type":"image"}]}
{"type":"mention","id":"a:4","author":{"followers":"many"},"text":"x\u0000y","direct":true}
{"type":"delete","id":"a:1","author":null}
{"type":"mention","id":"a:5","author":{"followers":9007199254740993,"followers":2.5e3},"text":"","n":1.10,"o":{"b":1,"a":[1,{"c":null}]}}
END
}

ids() { sed 's/.*"id":"a:\([0-9]\)".*/\1/' | tr -d '\n'; }

@test "selects by a comparison, every byte as it came" {
	printf '{"a" : 1.10,  "a":2 }\n {"b":"\\u0041"}\t\n' >odd
	run sme-grep 'true' odd
	[ "$status" -eq 0 ]
	printf '%s\n' "$output" | cmp - odd
	run sme-grep '.author.followers > 1000' events
	[ "$status" -eq 0 ]
	[ "$(printf '%s\n' "$output" | ids)" = 145 ]
}

@test "exit status: 0 selected, 1 nothing, 64 usage, 66 no input, 74 output" {
	run sme-grep '.none == 1' events
	[ "$status" -eq 1 ] && [ -z "$output" ]
	run sme-grep
	[ "$status" -eq 64 ]
	run sme-grep '.a' missing.file
	[ "$status" -eq 66 ]
	run sme-grep '.type' missing.file events
	[ "$status" -eq 66 ] && [[ "$output" == *'"a:5"'* ]]
	run sh -c 'sme-grep true events >/dev/full'
	[ "$status" -eq 74 ]
	run sh -c 'yes "{}" | sme-grep true | head -1'
	[ "$output" = '{}' ]
}

@test "-v inverts, --verbose does not" {
	run sh -c 'sme-grep -v ".lang_hint == \"de\"" events'
	[ "$(printf '%s\n' "$output" | ids)" = 2415 ]
	run sh -c 'sme-grep --verbose ".lang_hint == \"de\"" events'
	[ "$(printf '%s\n' "$output" | ids)" = 13 ]
}

@test "-c counts, also with threads and -v" {
	for j in 1 2 5; do
		[ "$(sme-grep -j "$j" -c '.type == "mention"' events)" = 5 ]
		[ "$(sme-grep -j "$j" -cv '.type == "mention"' events)" = 1 ]
	done
	run sme-grep -c '.none' events
	[ "$status" -eq 1 ] && [ "$output" = 0 ]
}

@test "-m stops at once" {
	[ "$(sme-grep -m 2 '.type == "mention"' events | ids)" = 12 ]
	[ "$(sme-grep -c -m 2 '.type == "mention"' events)" = 2 ]
	run sme-grep -m 0 true events
	[ "$status" -eq 1 ] && [ -z "$output" ]
	# The writer stays: only the match may end it.
	mkfifo live
	{ cat events; exec sleep 60; } >live 2>/dev/null 3>&- &
	run timeout 20 sme-grep -m 1 true live
	kill $!
	[ "$status" -eq 0 ] && [ "${#lines[@]}" -eq 1 ]
}

@test "-f takes the condition from a file with comments" {
	printf '# people we know\n.author.followers > 1000 # many\n  and .lang_hint == "de"\n' >cond
	[ "$(sme-grep -f cond events | ids)" = 1 ]
	printf '.a ==\n  == 1\n' >bad
	run sme-grep -f bad events
	[ "$status" -eq 64 ]
	[ "${lines[0]}" = 'sme-grep: bad:2:3: syntax error: unexpected ==' ]
	[ "${lines[1]}" = '    == 1' ]
	[ "${lines[2]}" = '    ^' ]
}

@test "a syntax error is marked" {
	run sme-grep '.author.followers >> 5' events
	[ "$status" -eq 64 ]
	[ "${lines[0]}" = 'sme-grep: condition:1:20: syntax error: unexpected >' ]
	[ "${lines[2]}" = '                     ^' ]
	run sme-grep '.a and' events
	[ "$status" -eq 64 ]
	[ "${lines[2]}" = '        ^' ]
	run sme-grep '.ä == 1' events
	[ "$status" -eq 64 ]
	run sme-grep '.a | nosuch(1)' events
	[ "$status" -eq 64 ]
	[ "${lines[0]}" = 'sme-grep: condition:1:6: nosuch/1 is not defined' ]
	run sme-grep '.a == "open' events
	[ "${lines[0]}" = 'sme-grep: condition:1:7: this string does not end' ]
	run sme-grep "$(printf '.a \033[31m')" events
	[[ "$output" != *$'\033'* ]]
}

@test "an error of the condition rejects the event, or is null" {
	run sme-grep '.author.followers.x == 1' events
	[ "$status" -eq 1 ]
	[[ "$output" == *'stdin'* || "$output" == *'events:1: Cannot index number with string "x"'* ]]
	run sh -c 'sme-grep --rejects rej ".text.x == null" events 2>/dev/null'
	[ "$(printf '%s\n' "$output" | ids)" = 1 ]
	[ "$(wc -l <rej)" -eq 5 ]
	run sme-grep --or-null -v '.text.x == null' events
	[ "$status" -eq 0 ]
	[ "$(printf '%s\n' "$output" | ids)" = 12345 ]
	run sme-grep '.text | test("(")' events
	[[ "$output" == *'Regex failure: end pattern with unmatched parenthesis'* ]]
}

@test "what depends on more than the event is refused" {
	for c in 'env.HOME' '$ENV.HOME' 'input' '[inputs]' 'now > 1' 'debug' 'stderr' 'halt' \
		'"\(input)"' '"a\("b\(env)")"' 'import "x" as x; 1' 'input_filename' 'halt_error(1)' \
		'@sh "\($ENV.HOME)"' '.id[stderr:2]' '{a: env}' '{(env|tostring): 1}'; do
		run sme-grep "$c" events
		[ "$status" -eq 64 ]
		[[ "$output" == *'cannot be used here'* ]]
	done
	run sme-grep '{input: 1} | .input' events
	[ "$status" -eq 0 ]
	run sme-grep '.id as $input | $input != null' events
	[ "$status" -eq 0 ]
	run sme-grep '.input == null and ."env" == null' events
	[ "$status" -eq 0 ]
}

@test "--explain names evaluator, reason and members" {
	run sme-grep --explain '.author.followers > 1 and (.text | test("x")) and has("id")'
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = 'evaluator: native' ]
	[ "${lines[1]}" = 'reads: .author.followers, .text, .id' ]
	run sme-grep --explain '.a | split(",") | length > 1'
	[ "${lines[0]}" = 'evaluator: libjq' ]
	[ "${lines[1]}" = 'because: condition:1:6: split is outside the native subset' ]
}

@test "empty input, no last newline, gzip, stdin twice in a row" {
	run sme-grep '.a' /dev/null
	[ "$status" -eq 1 ] && [ -z "$output" ]
	[ "$(printf '{"a":1}' | sme-grep '.a')" = '{"a":1}' ]
	gzip -k events
	[ "$(sme-grep '.type == "delete"' events.gz | ids)" = 1 ]
	[ "$(sme-grep true - events <events | wc -l)" -eq 12 ]
}

@test "garbage is rejected, the rest goes on" {
	printf 'nonsense\n{"a":1}\n[1]\n{"a":\n{"a":1}\n' >mixed
	run sh -c 'sme-grep ".a == 1" mixed 2>err'
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 2 ]
	grep -q 'mixed:3: not a JSON object' err
}

@test "hostile conditions end in an error, not in a crash" {
	for unit in '(' '[' '-' 'not|' '.a.' '{a:' 'if ' '1+' '.a[' '"\(' '..|' '[[' '.a//' 'a and '; do
		printf '%0.s'"$(printf '%s' "$unit" | sed 's/\\/\\\\/g; s/%/%%/g')" $(seq 1 9000) |
			head -c 65000 >deep
		run timeout 60 sme-grep -f deep events
		[ "$status" -eq 64 ] || { echo "$unit: $status"; false; }
	done
	head -c 70000 /dev/zero | tr '\0' ' ' >long
	run sme-grep -f long events
	[ "$status" -eq 64 ] || [ "$status" -eq 65 ]
}

@test "the same events as jq selects" {
	jq -c . events >canonical
	while IFS= read -r c; do
		[ -n "$c" ] || continue
		jq -c "select($c)" canonical >want 2>/dev/null || echo error >>want
		sme-grep "$c" canonical >got 2>/dev/null || [ $? -eq 1 ]
		# jq ends at an event that is in error, sme-grep goes on: compare only what has none.
		if ! grep -q '^error$' want; then
			cmp want got || { echo "$c"; false; }
		fi
	done <<'END'
.author.followers > 1000
.author.followers >= 1000 and .lang_hint == "de"
.author.followers == 2500
.lang_hint != "de"
.lang_hint == null
.type == "mention" and (.direct // false)
.text != null and (.text | ascii_downcase | contains("kein netz"))
.text // "" | test("kein\\s+netz"; "i")
(.text // "") | startswith("Kein") or endswith("!")
.text // "" | length > 10
any(.media[]?; .type == "image")
all(.media[]?; .type == "image")
.topics // [] | any(. == "network")
.topics // [] | index("billing")
.topics | . != null and contains(["net"])
.lang_hint | IN("de", "en")
has("direct")
(.author.followers | type) == "number" and .author.followers % 2 == 0
.author.followers * 2 > 2000
.author.name < "L"
.author.name | . != null and test("é$")
.text | . != null and contains("y")
if .type == "delete" then true elif .n then .n > 1 else false end
.media[]?.type == "image"
.media[0].type == "video"
.media[-1].type == "image"
.author | has("name")?
[.media[]?.type] | index("image")
.o.a[1].c == null and .o != null
.o == {"a":[1,{"c":null}],"b":1}
.text | ascii_upcase? == "KEIN  NETZ!"
select(.type == "delete") | .author == null
.author.followers as $f | $f == 12
reduce (.topics // [])[] as $t (0; . + 1) | . > 1
.type | ltrimstr("men") == "tion"
.. == "video"
"\(.lang_hint)" == "null"
.id | split(":") | .[1] | tonumber > 3
try error("x") catch . == "x"
END
}
