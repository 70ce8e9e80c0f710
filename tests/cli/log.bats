#!/usr/bin/env bats
# sme-log as a command.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME="$PWD/home"
	now=2026-11-22T12:00:00Z
}

# events FIRST COUNT [DAYS]: one a line; two tenants, ten authors, over so many days up to the 22nd.
events() {
	awk -v first="$1" -v count="$2" -v days="${3:-5}" 'BEGIN {
		for (i = first; i < first + count; i++) {
			printf "{\"type\":\"mention\",\"id\":\"n:i:%d\",\"tenant\":\"t%d\",", i, i % 2
			printf "\"created_at\":\"2026-11-%02dT%02d:%02d:00Z\",", 22 - i % days, i % 11, i % 60
			printf "\"author\":{\"id\":\"a%d\"},\"text\":\"text of %d\"}\n", i % 10, i
		}
	}'
}

append() { sme-log append --now "$now" "$@"; }

@test "what is new comes out as it went in, and only once" {
	events 0 1000 >in
	append log <in >out
	cmp in out
	append log <in >out
	[ ! -s out ]
	events 500 1000 >in
	append log <in >out
	cmp <(events 1000 500) out
	sme-log verify log
}

@test "twice in one input is once" {
	{ events 0 10; events 0 10; events 5 10; } | append log >out
	cmp <(events 0 15) out
}

@test "bytes are kept: spacing, numbers, escapes, key order, a carriage return" {
	printf '%s\r\n' ' { "x" : 1.10 , "id":"a\u00e9","id":"b", "n":9007199254740993 } ' >in
	printf '%s\n' '{"é":"\ud83d\ude00","type":"mention","id":"c"}' >>in
	append log <in >out
	cmp in out
	sme-log cat --now "$now" log >out
	cmp in out
}

@test "cat gives everything in order of time, the same again after closing" {
	events 0 3000 2 | shuf --random-source=<(yes) >in
	append log <in >/dev/null
	[ -z "$(find log -name '*.segz')" ]
	sme-log cat log >open
	cmp <(sort in) <(sort open)
	jq -r .created_at open | sort -c
	sme-log append --now 2026-11-23T00:00:00Z log </dev/null
	[ -n "$(find log -name '*.segz')" ]
	[ -n "$(find log -name '*.seg')" ]
	sme-log cat log >closed
	cmp open closed
	sme-log verify log
}

@test "cat selects by time, tenant and type" {
	events 0 1000 | append log >/dev/null
	echo '{"type":"delete","id":"n:i:3","tenant":"t1","created_at":"2026-11-21T03:30:00Z"}' |
		append log >/dev/null
	sme-log cat --since 2026-11-20T05:00:00Z --until 2026-11-21T05:00:00Z log >out
	jq -e -s 'length > 100 and all(.created_at >= "2026-11-20T05:00:00Z"
		and .created_at < "2026-11-21T05:00:00Z")' out
	[ "$(wc -l <out)" = "$(sme-log cat log | jq -r .created_at |
		awk '$0 >= "2026-11-20T05:00:00Z" && $0 < "2026-11-21T05:00:00Z"' | wc -l)" ]
	sme-log cat --tenant t1 log | jq -e -s 'length == 501 and all(.tenant == "t1")'
	sme-log cat --type delete log | jq -e -s 'length == 1'
	sme-log cat --now "$now" --since 1d --tenant t0 --type mention log |
		jq -e -s 'length > 10 and all(.created_at >= "2026-11-21T12:00:00Z")'
	[ -z "$(sme-log cat --tenant nobody log)" ]
	[ -z "$(sme-log cat --since 2027-01-01T00:00:00Z log)" ]
}

@test "the edges of a day and of a range" {
	for t in 2026-11-20T23:59:59.999Z 2026-11-21T00:00:00Z 2026-11-21T01:00:00+02:00; do
		echo "{\"type\":\"mention\",\"id\":\"$t\",\"created_at\":\"$t\"}"
	done | append log >/dev/null
	[ "$(find log -name '*.seg*' | wc -l)" = 2 ]
	run sme-log cat --since 2026-11-21T00:00:00Z log
	[[ "$output" == *'"id":"2026-11-21T00:00:00Z"'* && "${#lines[@]}" = 1 ]]
	run sme-log cat --until 2026-11-21T00:00:00Z log
	[ "${#lines[@]}" = 2 ]
	[[ "${lines[0]}" == *01:00:00+02:00* ]]
}

@test "an edit, a deletion and a state are events of their own" {
	cat >in <<-E
	{"type":"mention","id":"x","text":"one"}
	{"type":"mention","id":"x","revision":2,"text":"two"}
	{"type":"delete","id":"x"}
	{"type":"reply","id":"x","state":"suggested"}
	{"type":"reply","id":"x","state":"sent"}
	{"type":"mention","id":"x","tenant":"other","text":"one"}
	{"type":"alert","text":"no id"}
	{"type":"alert","text":"no id either"}
	E
	cat in in | append log >out
	cmp in out
}

@test "times that cannot be are those of arrival" {
	for t in 0001-01-01T00:00:00Z 9999-12-31T23:59:59Z 1970-01-01T00:00:00Z nonsense; do
		echo "{\"type\":\"mention\",\"id\":\"$t\",\"created_at\":\"$t\"}"
	done | append log >/dev/null
	ls log/events/default
	[ "$(ls log/events/default)" = 2026-11-22.000001.seg ]
}

@test "late events of a closed day are found, and the day is not cut into crumbs" {
	events 0 1000 3 | append log >/dev/null
	sme-log append --now 2026-12-22T12:00:00Z log </dev/null
	[ "$(find log -name '*.segz' | wc -l)" = 6 ]
	for i in 1 2 3 4; do
		events $((i * 1000)) 200 3 | sme-log append --now 2026-12-22T12:00:00Z log >/dev/null
	done
	[ "$(find log -name '*.segz' | wc -l)" = 6 ]
	[ "$(find log -name '*.seg' | wc -l)" = 6 ]
	sme-log cat log >out
	[ "$(wc -l <out)" = 1800 ]
	jq -r .created_at out | sort -c
	sme-log verify log
}

@test "what is no event is rejected, the rest goes on" {
	printf '{"id":"a"}\nnonsense\n\n[1]\n{"id":"b"' >in
	run --separate-stderr -1 append --rejects rej log in
	[ "$output" = '{"id":"a"}' ]
	[[ "$stderr" == *'in:2: '* && "$stderr" == *'in:4: not a JSON object'* ]]
	[ "$(jq -r .line rej | tr '\n' ' ')" = "2 4 5 " ]
	[ "$(jq -r 'select(.line == 2) | .raw' rej)" = nonsense ]
}

@test "a line of 17 MiB is rejected, one of 15 goes through, and comes back" {
	{ printf '{"id":"a","x":"'; head -c 15728640 /dev/zero | tr '\0' x; printf '"}\n'; } >in
	append log <in >out
	cmp in out
	sme-log cat log | cmp in -
	sme-log append --now 2026-12-22T12:00:00Z log </dev/null
	sme-log cat log | cmp in -
	{ printf '{"id":"b","x":"'; head -c 17825792 /dev/zero | tr '\0' x; printf '"}\n'; } >in
	run -1 append log in
	sme-log verify log
}

@test "files, standard input and gzip are read in order; a missing one is reported" {
	events 0 10 >a
	events 10 10 | gzip >b.gz
	run --separate-stderr -66 append log a missing b.gz - <<<'{"id":"last"}'
	[ "${#lines[@]}" = 21 ]
	[ "${lines[20]}" = '{"id":"last"}' ]
	[[ "$stderr" == *missing* ]]
}

@test "empty input makes an empty log" {
	append log </dev/null
	[ -z "$(sme-log cat log)" ]
	run sme-log verify log
	[ "$status" = 0 ]
	[[ "$output" == "log: 0 events"* ]]
}

@test "without a directory it is SME_HOME/log" {
	echo '{"id":"a"}' | append >/dev/null
	[ "$(sme-log cat)" = '{"id":"a"}' ]
	sme-log verify
	[ -f "$SME_HOME/log/key" ]
}

@test "a slow stream comes out at once" {
	mkfifo in
	append log <in >out &
	exec 7>in
	echo '{"id":"a"}' >&7
	for _ in $(seq 100); do [ -s out ] && break; sleep 0.05; done
	[ "$(cat out)" = '{"id":"a"}' ]
	[ "$(sme-log cat log)" = '{"id":"a"}' ]
	exec 7>&-
	wait
}

@test "only the tenant's events are logged, the others are handed on" {
	events 0 20 >in
	append --tenant t1 log <in >out
	cmp in out
	[ "$(sme-log cat log | wc -l)" = 10 ]
	append --tenant t1 log <in >out
	[ "$(wc -l <out)" = 10 ]
}

@test "tenants with hostile names stay inside" {
	cat >in <<-'E'
	{"id":"1","tenant":"../../evil"}
	{"id":"2","tenant":""}
	{"id":"3","tenant":".."}
	{"id":"4","tenant":"a/b\u0000c"}
	{"id":"5","tenant":7}
	E
	append log <in >out
	cmp in out
	[ ! -e evil ]
	[ ! -e ../evil ]
	[ "$(find log/events -mindepth 1 -maxdepth 1 | wc -l)" = 5 ]
	[ "$(sme-log cat --tenant ../../evil log)" = '{"id":"1","tenant":"../../evil"}' ]
	sme-log verify log
}

@test "more tenants and days than files can be open" {
	awk 'BEGIN { for (i = 0; i < 600; i++) printf "{\"id\":\"%d\",\"tenant\":\"t%d\"}\n", i, i % 300 }' >in
	(ulimit -n 200; append log <in) >out
	cmp in out
	sme-log verify log
	[ "$(sme-log cat log | wc -l)" = 600 ]
	awk 'BEGIN { for (i = 0; i < 336; i++)
		printf "{\"id\":\"a%d\",\"created_at\":\"201%d-%02d-%02dT00:00:00Z\"}\n", i, i % 3, i / 28 + 1, i % 28 + 1 }' >in
	(ulimit -n 200; append log <in) >out
	cmp in out
	sme-log verify log
	[ "$(sme-log cat --until 2026-01-01T00:00:00Z log | wc -l)" = 336 ]
}

@test "four at once: each new event comes out of one of them" {
	events 0 20000 >in
	for i in 1 2 3 4; do
		shuf --random-source=<(yes "$i") in >in.$i
		append log <in.$i >out.$i &
	done
	wait
	sort out.? | cmp - <(sort in)
	sme-log cat log | sort | cmp - <(sort in)
	sme-log verify log
}

@test "cat while others append and close" {
	events 0 5000 >in
	append log <in >/dev/null
	sort in >want
	(for i in 1 2 3 4 5 6; do
		events $((i * 5000)) 5000 | sme-log append --now 2026-12-22T12:00:00Z log >/dev/null
	done) &
	for _ in $(seq 20); do
		sme-log cat log >out
		sort out | comm -23 want - >missing
		[ ! -s missing ]
		[ -z "$(sort out | uniq -d)" ]
	done
	wait
	sme-log verify log
}

@test "erase an author: nothing is left of what they wrote, and it does not come back" {
	events 0 400 >in
	append log <in >/dev/null
	run sme-log erase --author a3 --now "$now" log
	[ "$status" = 0 ]
	[ "${#lines[@]}" = 1 ]
	[ "$(jq -r '[.type, .tenant, .created_at, .by, .events, .segments] | join(" ")' <<<"$output")" = \
		"erase t1 2026-11-22T12:00:00Z author 40 1" ] || { echo "$output"; false; }
	# Not "a3" alone: the salted hash may hold these two digits.
	[[ "$output" != *'"a3"'* ]]
	grep -v '"a3"' in | sort | cmp - <(sme-log cat --type mention log | sort)
	receipt=$output
	run -1 grep -raq '"a3"' log
	append log <in >out
	[ ! -s out ]
	sed 's/"type"/"revision":3,&/' in | append log >out
	[ "$(wc -l <out)" = 360 ]
	[ "$(grep -c '"a3"' out)" = 0 ]
	[ "$(sme-log cat --type erase log)" = "$receipt" ]
	sme-log verify log
}

@test "erase in closed segments, and the index made again still knows" {
	events 0 400 >in
	sme-log append --now 2026-12-22T12:00:00Z log <in >/dev/null
	[ -z "$(find log -name '*.seg')" ]
	sme-log erase --id n:i:7 --now "$now" log >receipt
	[ "$(jq .events receipt)" = 1 ]
	grep -v '"n:i:7"' in | sort | cmp - <(sme-log cat --type mention log | sort)
	rm -r log/seen
	append log <in >out 2>err
	[ ! -s out ]
	sed 's/"type"/"revision":3,&/' in | grep '"n:i:7"' | append log >out
	[ ! -s out ]
	sme-log verify log
}

@test "erase takes revisions, the deletion, answers and cases, not what others wrote" {
	cat >in <<-'E'
	{"type":"mention","id":"m","author":{"id":"kim"},"text":"secret"}
	{"type":"mention","id":"m","revision":2,"author":{"id":"kim"},"text":"secret"}
	{"type":"delete","id":"m"}
	{"type":"reply","id":"r","in_reply_to":"m","text":"Hello Kim, secret"}
	{"type":"case","id":"c","mention":"m","note":"secret"}
	{"type":"reply","id":"r2","state":"sent","to":{"id":"kim"},"text":"secret"}
	{"type":"reply","id":"r3","state":"sent","to":{"id":"lee"},"text":"to another"}
	{"type":"mention","id":"o","author":{"id":"lee"},"in_reply_to":"m","text":"kept"}
	{"type":"mention","id":"m","tenant":"two","author":{"id":"kim"},"text":"kept for --tenant"}
	E
	append log <in >/dev/null
	sme-log erase --author kim --tenant default --now "$now" log >receipt
	[ "$(jq .events receipt)" = 6 ]
	[ "$(sme-log cat --type reply log | jq -r .text)" = "to another" ]
	[ "$(sme-log cat --type mention log | jq -r .text | sort | tr '\n' ' ')" = "kept kept for --tenant " ]
	run -1 grep -raq secret log
}

@test "erase finds the links of an author, and the hashes of case events stay" {
	cat >in <<-'E'
	{"type":"case","id":"c:1","action":"link","author":{"id":null},"data":{"a":"lee","b":"k\u0069m","evidence":"secret"},"seq":7,"content":"c7","hash":"h7"}
	{"type":"case","id":"c:2","action":"link","data":{"a":"lee","b":"max"},"seq":8,"content":"c8","hash":"h8"}
	{"type":"case","id":"c:3","action":"unlink","data":{"a":"kim","b":"lee"},"seq":9,"content":"c9","hash":"h9"}
	{"type":"case","id":"c:4","action":"close","author":{"id":"kim"},"seq":"x","hash":"h"}
	{"type":"case","id":"c:5","action":"note","data":{"a":["kim"],"b":{"a":"kim"}}}
	{"type":"mention","id":"m","data":{"a":"kim"},"text":"of another"}
	E
	append log <in >/dev/null
	sme-log erase --author kim --now "$now" log >receipt
	[ "$(jq .events receipt)" = 3 ]
	[ "$(sme-log cat --type case log | jq -r .id | paste -s -d ' ')" = 'c:2 c:5' ]
	[ "$(sme-log cat --type erase log | jq -c .stubs)" = '[[7,"c7","h7"],[9,"c9","h9"]]
null' ]
	sme-log verify log
	run -1 grep -raq secret log
}

@test "erase of what is not there gives a receipt that says so" {
	events 0 10 | append log >/dev/null
	[ "$(sme-log erase --id nothing --now "$now" log | jq -r '[.events, .tenant] | join(" ")')" = "0 default" ]
	run -64 sme-log erase log
	run -64 sme-log erase --id a --author b log
	run -66 sme-log erase --id a nowhere
}

@test "a torn tail is reported and cut, and the log goes on" {
	events 0 100 1 | append log >/dev/null
	seg=log/events/t1/2026-11-22.000001.seg
	head -c 100 "$seg" >start
	cat start >>"$seg"
	run sme-log verify log
	[ "$status" = 0 ]
	[[ "$output" == *"100 bytes of an unfinished write"* ]]
	[ "$(sme-log cat log | wc -l)" = 100 ]
	run --separate-stderr append log <<<'{"id":"more"}'
	[ "$status" = 0 ]
	[[ "$stderr" == *"cut 100 bytes"* ]]
	[ "$(sme-log cat log | wc -l)" = 101 ]
	run sme-log verify log
	[[ "$output" == *"all well" ]]
}

@test "damage is never cut: verify names the place, cat gives the rest, append goes on" {
	events 0 100 1 | append log >/dev/null
	events 100 100 1 | append log >/dev/null
	seg=log/events/t1/2026-11-22.000001.seg
	printf X | dd of="$seg" bs=1 seek=500 conv=notrunc 2>/dev/null
	run --separate-stderr -65 sme-log verify log
	[[ "$stderr" == *"$seg: byte 0: damaged up to byte "* ]]
	run --separate-stderr -65 sme-log cat log
	[ "${#lines[@]}" = 150 ]
	size=$(stat -c %s "$seg")
	echo '{"id":"n","tenant":"t1","created_at":"2026-11-22T00:00:00Z"}' | append log 2>err >out
	[ -s out ]
	[ "$(stat -c %s "$seg")" -ge "$size" ]
	run --separate-stderr -65 sme-log cat log
	[ "${#lines[@]}" = 151 ]
}

@test "verify finds a removed, a shortened, a doubled and a foreign segment" {
	sme-log append --now 2026-11-18T00:00:00Z log < <(events 0 1000) >/dev/null
	sme-log append --now "$now" log < <(events 1000 100) >/dev/null
	sme-log verify log
	seg=$(find log -name '*.segz' | sort | head -1)
	cp -a log l && rm "l/${seg#*/}"
	run -65 sme-log verify l
	rm -rf l && cp -a log l && truncate -s -20 "l/${seg#*/}"
	run -65 sme-log verify l
	rm -rf l && cp -a log l && cp "l/${seg#*/}" "l/${seg#*/}.x" && mv "l/${seg#*/}.x" "$(dirname "l/${seg#*/}")/2026-11-19.000009.segz"
	run -65 sme-log verify l
	rm -rf l && cp -a log l && echo "{\"id\":\"other\"}" | sme-log append --now "$now" l2 >/dev/null
	mkdir -p l/events/default && cp l2/events/default/* l/events/default/
	run -65 sme-log verify l
}

@test "the index is made again from the segments, also when it is damaged" {
	events 0 5000 >in
	append log <in >/dev/null
	printf x >>log/seen/manifest
	run --separate-stderr append log in
	[ "$status" = 0 ]
	[ -z "$output" ]
	[[ "$stderr" == *"making it again"* ]]
	run --separate-stderr append log in
	[ -z "$output$stderr" ]
	sme-log verify log
}

@test "a full disk hands on nothing that is not in the log, and keeps nothing back" {
	events 0 60000 1 >in
	{ (trap '' XFSZ; ulimit -f 3000; append log in 2>err || echo $? >status) | cat >out; }
	[ "$(cat status)" = 74 ]
	[ "$(wc -l <err)" = 1 ]
	[ "$(wc -l <out)" -gt 1000 ]
	sme-log cat log 2>/dev/null | sort | cmp - <(sort out)
	append log in >>out
	sort out | cmp - <(sort in)
	sme-log verify log
}

@test "standard output that is full is an error" {
	run -74 bash -c 'echo "{\"id\":1}" | sme-log append log >/dev/full'
	run -74 bash -c 'sme-log cat log >/dev/full'
	events 0 1000 >in
	run -74 bash -c 'sme-log append log in >/dev/full'
}

@test "a closed pipe ends it quietly" {
	events 0 100000 >in
	append log in 2>err | head -1 >out
	[ ! -s err ]
	append log in >/dev/null
	sme-log cat log 2>err | head -1 >out
	[ ! -s err ]
	sme-log verify log
}

@test "metrics count what happened" {
	events 0 30 >in
	append log in >/dev/null
	events 20 30 | append --metrics m log >/dev/null
	grep -q '^sme_lines_total{tool="sme-log append"} 30$' m
	grep -q '^sme_log_appended_total{tool="sme-log append"} 20$' m
	grep -q '^sme_log_duplicates_total{tool="sme-log append"} 10$' m
}

@test "what cannot be is said in one line" {
	run -64 sme-log
	run -64 sme-log nonsense
	run -64 sme-log cat --since yesterday log
	run -66 sme-log cat nowhere
	run -66 sme-log verify nowhere
	touch file
	run --separate-stderr append file/log </dev/null
	[ "$status" = 73 ]
	[ "$(wc -l <<<"$stderr")" = 1 ]
	events 0 10 | append log >/dev/null
	rm log/key
	run --separate-stderr -65 append log </dev/null
	[[ "$stderr" == *"log/key: missing"* ]]
}

@test "what a killed process had not finished is removed" {
	echo '{"type":"mention","id":"x:1","tenant":"a"}' | sme-log append log
	touch log/key.tmpAbC123 log/seen/manifest.tmpXyZ987 log/events/a/2026-01-01.000001.seg.tmp
	touch log/my.template
	echo '{"type":"mention","id":"x:2","tenant":"a"}' | sme-log append log
	[ -z "$(find log -name '*.tmp*')" ]
	[ -e log/my.template ]
}
