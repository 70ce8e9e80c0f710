#!/usr/bin/env bats
# What the stages promise about bytes that are not theirs, on generated events: unknown keys, odd
# spacing, spellings of numbers and escapes survive every stage, and a stage twice is the stage once.
bats_require_minimum_version 1.5.0

setup() {
	root="$BATS_TEST_DIRNAME/../.."
	PATH="$root/${B:-build}:$PATH"
	unset SME_CONFIG
	export LC_ALL=C XDG_CONFIG_HOME="$BATS_TEST_TMPDIR/none" SME_SHARE="$root/share"
	cd "$BATS_TEST_TMPDIR" || return
	cat >sme.jq <<'END'
{tenants: {default: {queues: [{name: "q", sla: "36m"}],
   rules: [{name: "r", when: ".n0 != null or (.text | test(\"a\"))?", priority: 1.5}],
   snippets: [{name: "s", text: "Hi {handle}", auto: true}, {name: "t", text: "Hi {brand}"}]}}}
END
	generate 3000 7 >in
}

# generate N SEED: events with everything that JSON allows in odd places.
generate() {
	awk -v n="$1" -v seed="$2" '
	function die(k) { return int(rand() * k) }
	function pick(list,   a, k) { k = split(list, a, "|"); return a[die(k) + 1] }
	function space() { return pick("|||| |  |\t| \t ") }
	function number() { return pick("0|-0|1|1.10|9007199254740993|1E2|1e-7|-0.0|12345678901234567890.5|1e400|0.1e+1") }
	function string() { return "\"" pick("|a|\\u0061|\\ud83d\\ude00|\\ud800|\\/|\\\\|\\\"|x\\ny|\303\244|\342\202\254|{}|],[|route\\\":1") pick("|b|\\t| ") "\"" }
	function value(depth,   k, s, i, m) {
		k = die(depth > 2 ? 4 : 6)
		if (k == 0) return number()
		if (k == 1) return string()
		if (k == 2) return pick("true|false|null")
		if (k == 3) return pick("[]|{}|[ ]|{ }|\"\"")
		m = die(4); s = ""
		for (i = 0; i < m; i++)
			s = s (i ? space() "," space() : "") (k == 4 ? "" : "\"k" die(3) "\"" space() ":" space()) value(depth + 1)
		return k == 4 ? "[" space() s space() "]" : "{" space() s space() "}"
	}
	BEGIN {
		srand(seed)
		for (i = 0; i < n; i++) {
			s = ""
			m = die(7)
			for (j = 0; j < m; j++)
				s = s space() pick("\"n0\"|\"text\"|\"score\"|\"class\"|\"author\"|\"created_at\"|\"lang_hint\"|\"x\"|\"\"|\"tenant\"|\"id\"") space() ":" space() value(0) space() ","
			s = s space() "\"type\"" space() ":" space() pick("\"mention\"|\"mention\"|\"mention\"|\"mention\"|\"delete\"|\"\\u006dention\"|null|7")
			if (die(2))
				s = s space() "," space() "\"author\":{\"handle\":\"kim\"}," space() "\"id\":\"m" i "\""
			print space() "{" s space() "}" space()
		}
	}'
}

# Without what KEY's stage added as the last member, the lines must be those of the input.
strip() {
	sed -E "s/,\"$1\":\{.*\}([ \t]*\}[ \t]*)\$/\1/"
}

@test "the generated events are JSON, and of many kinds" {
	[ "$(sme-grep -c true in)" -eq 3000 ]
	[ "$(sme-grep -c '.type == "mention"' in)" -gt 1000 ]
	[ "$(sme-grep -c '.type == "mention" | not' in)" -gt 300 ]
}

@test "each stage leaves every other byte alone" {
	for stage in score route reply; do
		sme-$stage -c sme.jq --now 2026-11-22T09:30:00Z <in >out
		[ "$(grep -c "\"$stage\":{" out)" -gt 1000 ]
		strip $stage <out >stripped
		# "score" also stands in the generated events, where the stage replaces it.
		if [ $stage = score ]; then
			grep -v '"score"' in >want
			paste -d '\n' in stripped | awk 'NR % 2 { keep = !/"score"/; next } keep' >stripped2
			cmp stripped2 want
		else
			cmp stripped in
		fi
	done
}

@test "each stage twice is the stage once, with any number of threads" {
	cp in last
	for stage in score route reply; do
		sme-$stage -c sme.jq --now 2026-11-22T09:30:00Z <last >once
		sme-$stage -c sme.jq --now 2026-11-22T09:30:00Z <once | cmp - once
		sme-$stage -c sme.jq --now 2026-11-22T09:30:00Z -j 3 <last | cmp - once
		mv once last
	done
	sme-publish -o out --now 2026-11-22T09:30:00Z <last >once
	[ "$(grep -c '"type":"reply"' once)" -gt 500 ]
	sme-publish -o out <once | cmp - once
	grep -v '"type":"reply"' once | cmp - last
}

@test "what a stage adds is the last member, unless it was there before" {
	sme-route -c sme.jq <in | grep '"route":{' | jq -c 'keys_unsorted[-1]' | sort -u | grep -Fx '"route"'
	echo '{"route":1,"type":"mention","route":2,"z":3}' | sme-route | grep -E '^\{"route":1,"type":"mention","route":\{.*\},"z":3\}$'
}
