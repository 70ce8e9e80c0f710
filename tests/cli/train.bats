#!/usr/bin/env bats
# sme-train as a command, and sme-classify with what it made.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null
}

# Sentences of three kinds, 40 of each, no two the same.
rows() {
	awk 'BEGIN {
		split("the app|the hotline|your shop|the router|my contract|the invoice|the train|this café", what, "|")
		split("is broken again, fix it|is a disgrace, I am furious|never works, what a mess|is terrible, I want my money back|fails every single day", bad, "|")
		split("is wonderful, thank you|works like a dream, great job|made my day, lovely people|is brilliant, I love it|is excellent, keep it up", good, "|")
		split("opens at nine on Monday|is next to the station|has a new colour now|will move to Kiel in May|can be found on page two", so, "|")
		for (i = 1; i <= 8; i++)
			for (j = 1; j <= 5; j++) {
				row("b", what[i] " " bad[j], "complaint")
				row("g", what[i] " " good[j], "praise")
				row("s", what[i] " " so[j], "other")
			}
	}
	function row(k, text, label) {
		printf "{\"id\":\"%s%d\",\"text\":\"%s\",\"meta\":{\"kind\":\"%s\"},\"lang\":\"en\"}\n", k, ++n, text, label
	}'
}

@test "a head is trained, measured and used" {
	rows >in
	run --separate-stderr sme-train --label-key meta.kind --name kind --by lang -o kind.model in
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "$stderr" = "" ]
	[[ "$output" == "head kind: 120 rows, 3 labels, "* ]]
	[[ "$output" == *"held out: accuracy "*", macro-F1 "* ]]
	[[ "$output" == *"calibration: temperature "*", ECE "* ]]
	[[ "$output" == *"is \\ taken for"* ]]
	echo '{"type":"mention","text":"Your hotline is a mess, fix it! I am furious."}' >m
	run --separate-stderr sme-classify --model kind.model --heads kind m
	[ "$status" -eq 0 ]
	[ "$(jq -r .class.heads.kind.label <<<"$output")" = complaint ]
	jq -e '.class.heads.kind.p | . > 0.4 and . <= 1' <<<"$output"
}

# Of each of 60 words six texts, and nothing but the word tells the label.
variants() {
	awk 'BEGIN {
		split("hello|what about|again|so much for|good old|no more", way, "|")
		for (i = 1; i <= 60; i++)
			for (j = 1; j <= 6; j++)
				printf "{\"text\":\"%s %c%c%c%c\",\"label\":\"%s\",\"line\":%d}\n", way[j],
					97 + i % 26, 97 + i * 7 % 26, 97 + i * 11 % 25, 97 + int(i / 3), i * i % 7 < 3 ? "a" : "b", i
	}'
}

@test "--keep-together holds variants of a text out together" {
	accuracy() { sme-train --label-key label --words 1 --chars 0 --grid 10 --holdout 20 -o m.model "$@" in 2>&1 | sed -n 's/^held out: accuracy \([0-9.]*\).*/\1/p'; }
	variants >in
	apart=$(accuracy)
	together=$(accuracy --keep-together line)
	[ "$(jq -n "$apart > 0.9 and $together < 0.8")" = true ] || {
		echo "apart $apart, together $together"
		false
	}
	# A member that is not there changes nothing.
	[ "$(accuracy --keep-together nothing)" = "$apart" ]
}

# What goes up is good for one kind of text and bad for another, and words tell the kind.
kinds() {
	awk 'BEGIN {
		for (i = 0; i < 600; i++) {
			shop = i % 2
			up = i * 7 % 5 < 2
			printf "{\"id\":\"%d\",\"text\":\"%s it goes %s %s%d nr%d\",\"label\":\"%s\",\"from\":\"%s\"}\n", i,
				shop ? "price" : "score", up ? "up" : "down", shop ? "euro" : "goal", i % 23, i,
				up == shop ? "bad" : "good", shop ? "shop" : "sport"
		}
	}'
}

@test "--experts learns what a label means in each kind of text" {
	kinds >in
	sme-train -q --label-key label --name mood --by from --experts -o m.model in
	{
		echo '{"type":"mention","text":"price it goes up euro3"}'
		echo '{"type":"mention","text":"score it goes up goal3"}'
	} >m
	sme-classify --explain --model m.model --heads mood m >out
	[ "$(jq -r .class.heads.mood.label out | tr '\n' ' ')" = "bad good " ]
	[ "$(jq -r '.class.heads.mood.why[0][0]' out | sort -u)" = up ]
	sme-train -q --label-key label --name mood --by from --experts --balance --keep-shares shop -o a.model in
	sme-train -q --label-key label --name mood --by from --experts --balance --keep-shares shop -o b.model in
	cmp a.model b.model
}

@test "--experts says what it needs" {
	kinds >in
	run --separate-stderr sme-train --label-key label --experts -o m.model in
	[ "$status" -eq 64 ]
	[[ "$stderr" == *"--experts needs --by"* ]]
	run --separate-stderr sme-train --label-key label --by id --experts -o m.model in
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"600 kinds of rows; experts need 2 to 8 values of the key"* ]]
	run --separate-stderr sme-train --label-key label --by from --experts --keep-shares shops -o m.model in
	[ "$status" -eq 64 ]
	[[ "$stderr" == *'no row has the value "shops" of --by'* ]]
	run --separate-stderr sme-train --label-key label --by from --experts --hidden 16 -o m.model in
	[ "$status" -eq 64 ]
	[ ! -e m.model ]
}

@test "the same rows give the same file, from gzip and standard input too" {
	rows >in
	gzip -c in >in.gz
	sme-train -q --label-key meta.kind -o a.model in
	sme-train -q --label-key meta.kind -o b.model in.gz
	sme-train -q --label-key meta.kind -o c.model - <in
	cmp a.model b.model
	cmp a.model c.model
	for solver in liblinear softmax; do
		sme-train -q --label-key meta.kind --solver $solver -o a.model in
		sme-train -q --label-key meta.kind --solver $solver -o b.model in
		cmp a.model b.model
	done
}

@test "a row stays on its side of the split when others come" {
	rows >in
	sme-train --label-key meta.kind --no-refit --grid 1 -o a.model in | head -1 >a
	{ cat in; sed 's/"id":"/&again-/' in; } >twice
	sme-train --label-key meta.kind --no-refit --grid 1 -o b.model twice | head -1 >b
	held() { sed 's/.*, \([0-9]*\) held out.*/\1/' "$1"; }
	[ "$(held b)" -eq $((2 * $(held a))) ]
}

@test "both solvers learn what is easy" {
	rows >in
	for solver in liblinear softmax; do
		run sme-train --label-key meta.kind --solver $solver --holdout 30 -o m.model in
		[ "$status" -eq 0 ]
		jq -ne --arg r "$output" '$r | capture("held out: accuracy (?<a>[0-9.]+)").a | tonumber > 0.8'
	done
}

@test "options shape the model" {
	rows >in
	sme-train -q --label-key meta.kind -o a.model in
	sme-train -q --label-key meta.kind --chars 0 --words 1 --features 20 -o b.model in
	[ "$(stat -c %s b.model)" -lt "$(stat -c %s a.model)" ]
	sme-train -q --label-key meta.kind --release 2026-11 --min-p 1 -o c.model in
	run sme-classify --model c.model --heads kind <<<'{"type":"mention","text":"great job"}'
	[ "$(jq -c '[.class.model, .class.heads.kind.label]' <<<"$output")" = '["2026-11",null]' ]
	run sme-classify --min-p 0 --model c.model --heads kind <<<'{"type":"mention","text":"great job"}'
	[ "$(jq -r .class.heads.kind.label <<<"$output")" = praise ]
	sme-train -q --label-key meta.kind --balance --label-weight praise=2 -o d.model in
	echo '{"sets":["mine"]}' >card.json
	sme-train -q --label-key meta.kind --card card.json -o e.model in
	grep -q '"card":{"sets":\["mine"\]}' e.model
}

# Ten labels that go by two words together, which are never side by side.
pairs() {
	awk 'BEGIN {
		split("ash beech cedar elm fir hazel larch maple oak pine", tree)
		split("adder bison crane dingo eland finch gecko heron ibis jackal", beast)
		for (i = 0; i < 10; i++)
			for (j = 0; j < 10; j++)
				for (k = 0; k < 5; k++)
					printf "{\"text\":\"%s w%d x%d %s\",\"kind\":\"kind%d\"}\n", \
						tree[i + 1], k, ++n, beast[j + 1], (i + j) % 10
	}'
}

@test "hidden units learn what words say only together" {
	pairs >in
	run --separate-stderr sme-train --label-key kind --words 1 --chars 0 --epochs 100 --grid 2 -o a.model in
	[ "$status" -eq 0 ]
	[[ "$output" == *"  512 hidden units and "*" of the linear part: macro-F1 0."*", without them 0."* ]]
	accuracy() { sed -n 's/held out: accuracy \([0-9.]*\).*/\1/p' <<<"$output"; }
	jq -ne "$(accuracy) > 0.6"
	sme-train -q --label-key kind --words 1 --chars 0 --epochs 100 --grid 2 -o b.model in
	cmp a.model b.model
	echo '{"type":"mention","text":"larch and heron"}' >m
	run sme-classify --model a.model --heads kind --explain m
	[ "$(jq -r .class.heads.kind.label <<<"$output")" = kind3 ]
	jq -e '[.. | strings] | any(. == "larch") and any(. == "heron")' <<<"$output"
	run --separate-stderr sme-train --label-key kind --hidden 0 --words 1 --chars 0 --epochs 100 --grid 2 -o c.model in
	[[ "$output" != *hidden* ]]
	jq -ne "$(accuracy) < 0.4"
}

@test "hidden units are taken only where they are worth it, or asked for" {
	rows >in
	run --separate-stderr sme-train --label-key meta.kind -o a.model in
	[[ "$output" != *hidden* ]]
	run --separate-stderr sme-train --label-key meta.kind --hidden 32 -o a.model in
	[[ "$output" == *"  32 hidden units and "* ]]
	run sme-classify --model a.model --heads kind <<<'{"type":"mention","text":"great job"}'
	[ "$(jq -r .class.heads.kind.label <<<"$output")" = praise ]
	for n in 17 -2 1040; do
		run --separate-stderr sme-train --label-key meta.kind --hidden=$n -o b.model in
		[ "$status" -eq 64 ] && [[ "$stderr" == *--hidden* ]]
	done
	run --separate-stderr sme-train --label-key meta.kind --scripts --hidden 16 -o b.model in
	[ "$status" -eq 64 ]
	[ ! -e b.model ]
}

@test "pieces teach what single words mean" {
	rows >in
	sme-train -q --label-key meta.kind --pieces 4 -o a.model in
	sme-train -q --label-key meta.kind --pieces 4 -o b.model in
	cmp a.model b.model
	run sme-classify --min-p 0 --model a.model --heads kind <<<'{"type":"mention","text":"furious"}'
	[ "$(jq -r .class.heads.kind.label <<<"$output")" = complaint ]
	run --separate-stderr sme-train --label-key meta.kind --pieces 101 -o c.model in
	[ "$status" -eq 64 ]
}

@test "what cannot be learned from is said" {
	rows >in
	check() { # expected status, words of the message, options ...
		local want=$1 words=$2
		shift 2
		run --separate-stderr sme-train -o x.model "$@"
		[ "$status" -eq "$want" ] && [[ "$stderr" == *"$words"* ]] || {
			echo "$status: $stderr"
			return 1
		}
		[ ! -e x.model ]
	}
	check 64 "--label-key is missing" in
	check 65 'no row has a label under "nothing", see --label-key; the rows have: id, text, meta.kind, lang' \
		--label-key nothing in
	check 65 'did you mean --label-key meta.kind?' --label-key meta.kid in
	check 65 'did you mean --text-key text?' --label-key meta.kind --text-key txt in
	check 65 'no row has a label under "meta"' --label-key meta in
	check 65 'all rows have the label "en"' --label-key lang in
	head -5 in >few
	check 65 'only 5 usable rows' --label-key meta.kind few
	echo '{"id":' >>in
	check 65 'in:121: byte' --label-key meta.kind in
	check 66 'missing.ndjson' --label-key meta.kind missing.ndjson
	rows >in
	check 64 '--chars' --label-key meta.kind --chars 3-9 in
	check 64 '--grid' --label-key meta.kind --grid 1,x in
	check 64 '--solver' --label-key meta.kind --solver magic in
	check 64 '--label-weight' --label-key meta.kind --label-weight nobody=2 in
	run --separate-stderr sme-train --label-key meta.kind in
	[ "$status" -eq 64 ]
	run --separate-stderr sme-train --label-key meta.kind -o /nowhere/x.model in
	[ "$status" -eq 73 ]
}

@test "odd rows are left out and counted" {
	rows >in
	cat >>in <<-'EOF'
		{"id":"e1","text":"","meta":{"kind":"praise"}}
		{"id":"e2","text":" , . ","meta":{"kind":"praise"}}
		{"id":"e3","text":null,"meta":{"kind":"praise"}}
		{"id":"e4","text":"no label here"}
		{"id":"b1","text":"an id for the second time","meta":{"kind":"other"}}
	EOF
	run --separate-stderr sme-train --label-key meta.kind -o x.model in
	[ "$status" -eq 0 ]
	[[ "$output" == "head kind: 121 rows, 3 labels"* ]]
	[[ "$stderr" == *'2 rows have nothing readable in their text'* ]]
	[[ "$stderr" == *'1 rows have no text under "text"'* ]]
	[[ "$stderr" == *'1 of 125 rows have no label "meta.kind"'* ]]
	[[ "$stderr" == *'1 rows repeat an id with another label, "b1" first: "complaint" (in:1) and "other" (in:125)'* ]]
	run --separate-stderr sme-train --strict --label-key meta.kind -o y.model in
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'1 of 125 rows have no label'* ]]
	[ ! -e y.model ]
}

@test "ids that repeat are named, and so are labels that are rare or alike" {
	rows >in
	cat >>in <<-'EOF'
		{"id":"b1","text":"the app is broken once more","meta":{"kind":"complaint"}}
		{"id":"n1","text":"something else entirely","meta":{"kind":"once"}}
		{"id":"n2","text":"something else again","meta":{"kind":"Praise "}}
	EOF
	run --separate-stderr sme-train --label-key meta.kind -o x.model in
	[ "$status" -eq 0 ]
	[[ "$stderr" == *'1 rows repeat an id and its label, "b1" first (in:1 and in:121)'* ]]
	[[ "$stderr" == *'too few rows, fewer than 5, to learn a label from: "Praise " (1), "once" (1)'* ]]
	[[ "$stderr" == *'the labels "Praise " and "praise" are the same but for case or spaces'* ]]
	run --separate-stderr sme-train -q --label-key meta.kind -o x.model in
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	{
		head -120 in
		echo '{"id":"t1","text":"MY CONTRACT is brilliant, I love it","meta":{"kind":"other"}}'
	} >disputed
	run --separate-stderr sme-train --label-key meta.kind -o x.model disputed
	[[ "$stderr" == *'1 rows have a text that others have with another label, such as disputed:'*' ("praise") and disputed:121 ("other")'* ]]
	head -120 in >clean
	sme-train -q --strict --label-key meta.kind -o x.model clean
}

@test "labels are text without control characters" {
	rows >in
	printf '%s\n' '{"text":"odd","meta":{"kind":"a\nb"}}' >>in
	run --separate-stderr sme-train --label-key meta.kind -o x.model in
	[ "$status" -eq 65 ]
	[ "$stderr" = 'sme-train: in:121: the label "a\nb" has a control character in it' ]
	sed -i '121s/.*/{"text":"odd","meta":{"kind":"a\\u0000b"}}/' in
	run --separate-stderr sme-train --label-key meta.kind -o x.model in
	[ "$status" -eq 65 ]
	[ ! -e x.model ]
}

@test "input that cannot be read to its end is an error" {
	rows | gzip >in.gz
	head -c $(($(stat -c %s in.gz) / 2)) in.gz >cut.gz
	run --separate-stderr sme-train --label-key meta.kind -o x.model cut.gz
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'cut.gz: gzip data ends too early'* ]]
	head -c 40 in.gz >bad.gz
	head -c 100 /dev/zero | tr '\0' '\377' >>bad.gz
	run --separate-stderr sme-train --label-key meta.kind -o x.model bad.gz
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'bad.gz: damaged gzip data'* ]]
	run --separate-stderr sme-train --label-key meta.kind -o x.model .
	[ "$status" -eq 66 ]
	[[ "$stderr" == *'.: '* ]]
	[ ! -e x.model ]
}

@test "where nothing can be written is said before the work" {
	rows >in
	for place in missing/x.model . in/x.model; do
		run --separate-stderr sme-train --label-key meta.kind -o $place missing.ndjson
		[ "$status" -eq 73 ]
		[[ "$stderr" == "sme-train: $place: "* ]]
	done
	run --separate-stderr sme-train --label-key meta.kind -o x.model --misses missing/misses in
	[ "$status" -eq 73 ]
	[ ! -e x.model ]
}

@test "a full disk is an error, and leaves the old model" {
	rows >in
	run bash -c 'sme-train --label-key meta.kind -o x.model in >/dev/full'
	[ "$status" -eq 74 ]
	sme-train -q --label-key meta.kind -o x.model in
	cp x.model before
	# No file may grow beyond a few kilobytes, as on a disk that is full.
	run --separate-stderr bash -c 'trap "" XFSZ; ulimit -f 4; sme-train -q --label-key meta.kind -o x.model in'
	[ "$status" -eq 74 ]
	[[ "$stderr" == "sme-train: x.model: "* ]]
	cmp x.model before
	[ "$(echo x.model*)" = x.model ]
}

@test "--help has its options in groups" {
	run sme-train --help
	[ "$status" -eq 0 ]
	[ "$(grep -c '^[a-z ]*:$' <<<"$output")" -eq 7 ]
	for group in 'what is read' 'what is written' 'how the model answers' 'how it is measured' 'how it learns' 'in every tool'; do
		grep -qx "$group:" <<<"$output"
	done
}

@test "--scripts: the script tells where it can and costs no n-grams" {
	for i in $(seq 60); do
		printf '{"text":"the cat %d sees a dog number%dx","label":"en"}\n' "$i" "$i"
		printf '{"text":"die Katze %d sieht einen Hund nummer%dx","label":"de"}\n' "$i" "$i"
		printf '{"text":"η γάτα %d βλέπει ένα σκύλο αριθμός%d","label":"el"}\n' "$i" "$i"
	done >in
	grep -v '"el"' in >latin
	grams() { sme-train --label-key label --name lang --scripts --grid 1 --no-refit -o "$1.model" "$1" |
		sed -n '1s/.*held out; \([0-9]*\) n-grams.*/\1/p'; }
	n=$(grams in)
	[ "$n" -gt 50 ]
	[ "$n" -eq "$(grams latin)" ]
	printf '{"type":"mention","text":"%s"}\n' "σκύλο" "ωραία" "der Hund" "a dog" >m
	sme-classify --model in.model --heads lang --min-p 0 m | jq -r .class.lang.code | tr '\n' ' ' >out
	[ "$(cat out)" = "el el de en " ]
	[ "$(sme-classify --model in.model --heads lang m | head -1 | jq .class.lang.p)" = 1 ]
}

@test "--adaptive learns what is rare, and another model" {
	for i in $(seq 200); do
		printf '{"text":"the cat sees number%dx","label":"en"}\n' "$i"
		printf '{"text":"die Katze sieht nummer%dx","label":"de"}\n' "$i"
	done >in
	for i in 1 2 3; do
		printf '{"text":"zwartkijker nummer%d","label":"nl"}\n' "$i"
	done >>in
	learn() { sme-train -q --label-key label --name lang --solver softmax --epochs 2 --no-refit --holdout 0 "$@" in; }
	learn --grid 1 -o a.model
	learn --grid 5 --adaptive -o b.model
	learn --grid 5 --adaptive -o c.model
	cmp b.model c.model
	echo '{"type":"mention","text":"zwartkijker"}' >m
	p() { sme-classify --model "$1" --heads lang --min-p 0 m | jq '.class.lang | select(.code == "nl") | .p * 1000 | floor'; }
	[ "$(p b.model)" -gt "$(p a.model)" ] || { p a.model; p b.model; false; }
}

@test "the sentences for languages with few texts are sound" {
	dir=$(dirname "$(command -v sme-train)")/../scripts/seed/languages
	for f in "$dir"/*.txt; do
		[[ $(basename "$f") =~ ^[a-z][a-z]\.txt$ ]]
		iconv -f UTF-8 -t UTF-8 "$f" >text
		[ "$(wc -l <text)" -ge 5 ]
		! grep -n -e '^ ' -e ' $' -e '^$' -e "$(printf '\t')" text
		[ "$(sort text | uniq -d)" = "" ]
	done
}
