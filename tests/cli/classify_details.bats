#!/usr/bin/env bats
# What sme-classify finds in a mention beside its heads: keywords, entities, copies, masked text,
# and the topics of a learned head.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null
	share=$(dirname "$(command -v sme-classify)")/../share
}

mention() {
	jq -nc --arg t "$1" '{type: "mention", id: "x:a:1", text: $t}'
}

# The member of class that a text gets: class_of TEXT MEMBER [OPTION ...]
class_of() {
	mention "$1" | sme-classify "${@:3}" | jq -c ".class.$2"
}

# A background of two made-up languages with 1200 texts each.
small_background() {
	awk 'BEGIN {
		for (i = 0; i < 1200; i++) {
			printf "{\"text\":\"the weather is fine number%d today word%d\",\"lang\":\"en\"}\n", i % 600, i % 7
			printf "{\"text\":\"das Wetter ist gut nummer%d heute wort%d\",\"lang\":\"de\"}\n", i, i % 9
		}
		print "{\"text\":\"and\",\"lang\":\"en\",\"label\":\"stopword\"}"
	}'
}

@test "the members stand in order, and all are there" {
	run --separate-stderr sme-classify --redact <<<'{"type":"mention","text":"Seit gestern kein Netz in Kiel"}'
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	# Which heads stand before the topics, classify.bats tells.
	[ "$(jq -c '.class | keys_unsorted | .[index("topics"):]' <<<"$output")" = \
		'["topics","keywords","queries","entities","dup","redacted","model"]' ]
	jq -e '.class | .entities == [] and .redacted == "Seit gestern kein Netz in Kiel"' <<<"$output"
}

@test "keywords: those of the configuration first, then the mention's own" {
	[ "$(class_of 'Seit gestern kein Netz in Kiel, so ein Mist!' keywords)" = '["Kiel","kein Netz","Mist"]' ]
	[ "$(class_of 'no signal in London since yesterday' keywords)" = '["no signal"]' ]
	echo '{keywords: ["so ein Mist", "Kiel"]}' >sme.jq
	[ "$(class_of 'Seit gestern kein Netz in Kiel, so ein Mist!' keywords -c sme.jq)" = \
		'["so ein Mist","Kiel","kein Netz","Mist"]' ]
	[ "$(class_of 'https://kiel.example/netz @kiel kim@kiel.example 0431 123456' keywords)" = '[]' ]
	[ "$(class_of 'und das ist nicht so wie es sein soll' keywords)" = '[]' ]
	[ "$(class_of '' keywords)" = '[]' ]
}

@test "entities: type, value and place in characters" {
	[ "$(class_of 'Grüße 😡 Kundennr. 4711-22, Kim@Example.org' entities)" = \
		'[{"type":"customer","value":"4711-22","at":[18,25]},{"type":"email","value":"kim@example.org","at":[27,42]}]' ]
	# The place fits the decoded text.
	mention 'Ä😡 DE89 3704 0044 0532 0130 00 ü 0431/123456' | sme-classify |
		jq -c '.text as $t | .class.entities[] | [.type, $t[.at[0]:.at[1]]]' >got
	printf '%s\n' '["iban","DE89 3704 0044 0532 0130 00"]' '["phone","0431/123456"]' | cmp - got
	echo '{"type":"mention","text":"\u00c4\ud83d\ude21 \u0030431 123456"}' | sme-classify |
		jq -e '.class.entities == [{type: "phone", value: "0431123456", at: [3, 14]}]'
	[ "$(class_of 'am 20.11.2026 um 20:15 für 49,99 Euro' entities)" = '[]' ]
}

@test "patterns and places come from the configuration, patterns of a tenant for it alone" {
	printf '# Städte\nKiel\nBad Homburg vor der Höhe\nCologne\tKöln\n' >places.txt
	mkdir sub
	cat >sub/sme.jq <<-'EOF'
		{ places: "../places.txt", entities: {order: ["A-#########"]},
		  tenants: {nord: {entities: {meter: ["@@-###+"], order: ["N##"]}}} }
	EOF
	cat >in <<-'EOF'
		{"type":"mention","tenant":"nord","text":"A-123456789, KL-5512 und N12 in Kiel"}
		{"type":"mention","text":"A-123456789, KL-5512 und N12 in cologne. Bad Homburg vor der Hoehe"}
		{"type":"mention","text":"N12 in #kiel"}
	EOF
	run --separate-stderr sme-classify -c sub/sme.jq in
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.class.entities[] | [.type, .value]]' <<<"$output")" = \
		'[["order","A-123456789"],["meter","KL-5512"],["order","N12"],["place","Kiel"]]
[["order","A-123456789"],["place","Bad Homburg vor der Höhe"]]
[["place","Kiel"]]' ] || { echo "$output"; false; }
}

@test "mistakes in patterns and lists are named with their place" {
	echo '{entities: {order: ["A"]}}' >a.jq
	echo '{tenants: {nord: {entities: {Order: ["#"], place: ["#"]}}}}' >b.jq
	echo '{places: "nowhere.txt"}' >c.jq
	echo '{places: "bad.txt"}' >d.jq
	printf 'Kiel\n\n!!\n' >bad.txt
	run --separate-stderr sme-classify --check-config -c a.jq
	[ "$status" -eq 78 ]
	[[ "$stderr" == 'sme-classify: a.jq: .entities.order[0]: '*'expected at least one "#"'* ]]
	run --separate-stderr sme-classify --check-config -c b.jq
	[ "$status" -eq 78 ]
	[[ "$stderr" == *'.tenants.nord.entities: "Order": a type is written in small letters'* ]]
	[[ "$stderr" == *'"place" takes no patterns; choose another name'* ]]
	run --separate-stderr sme-classify -c c.jq </dev/null
	[ "$status" -eq 66 ]
	[[ "$stderr" == *'c.jq: .places: '*'nowhere.txt: '* ]]
	run --separate-stderr sme-classify -c d.jq </dev/null
	[ "$status" -eq 78 ]
	[[ "$stderr" == *'d.jq: .places: bad.txt:3: no word in it'* ]]
}

@test "--redact masks, and nothing else in class tells what is masked" {
	secrets='kim.muster@example.org DE89370400440532013000 0431123456 4711123 kimkimkim 4111111111111111 87654321'
	text='Kundennr. 4711123 von @kimkimkim: kim.muster@example.org, IBAN DE89 3704 0044 0532 0130 00, Tel. 0431 123456, Karte 4111 1111 1111 1111, 87654321. Kein Netz!'
	echo '{keywords: ["@kimkimkim", "kim.muster@example.org", "kein Netz"]}' >sme.jq
	for explain in '' --explain; do
		mention "$text" | sme-classify -c sme.jq --redact $explain | jq -c .class >got
		for secret in $secrets kim muster 3704 0532 1111 123456; do
			run ! grep -iF "$secret" got
		done
		jq -e '.redacted == "Kundennr. <customer> von <user>: <email>, IBAN <iban>, Tel. <phone>, Karte <card>, <number>. Kein Netz!"' got
		jq -e '[.entities[] | keys_unsorted] | unique == [["type", "at"]]' got
		jq -e '.keywords | index("kein Netz")' got
	done
	# Without it they are there.
	mention "$text" | sme-classify -c sme.jq | jq -e '.class | .keywords[0] == "@kimkimkim" and (has("redacted") | not)'
}

@test "--redact changes no other answer, and the line stays as it was" {
	mention 'Kein Netz in Kiel, Tel. 0431 123456, so ein Mist @kim' >in
	sme-classify in | jq -c '.class | del(.entities)' >a
	sme-classify --redact in | jq -c '.class | del(.entities, .redacted)' >b
	cmp a b
	sme-classify --redact in | jq -c 'del(.class)' >c
	cmp in c
	# As the page shows.
	sme-classify --redact in | jq -c '.text = .class.redacted' >d
	run ! grep -F 0431 d
}

@test "dup: copies share the key, strangers share no band, short texts have none" {
	a=$(class_of 'Seit gestern kein Netz in Kiel, so ein Mist!' dup)
	[[ "$a" =~ ^\"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}\"$ ]]
	[ "$(class_of 'RT @kim: SEIT GESTERN kein Netz in #Kiel, sooo ein Mist https://t.example/1' dup)" = "$a" ]
	b=$(class_of 'Wann kommt denn der Techniker nach Flensburg?' dup)
	for band in 1 2 3; do
		[ "$(cut -d- -f$band <<<"${a//\"/}")" != "$(cut -d- -f$band <<<"${b//\"/}")" ]
	done
	[ "$(class_of 'Danke schön' dup)" = null ]
	[ "$(class_of '' dup)" = null ]
}

@test "--heads chooses among them" {
	mention 'Kein Netz in Kiel seit gestern, 0431 123456' >m
	[ "$(sme-classify --heads lang m | jq -c '.class | keys_unsorted')" = '["lang","topics","keywords","queries","model"]' ]
	[ "$(sme-classify --heads lang m | jq -c '.class.keywords')" = '[]' ]
	[ "$(sme-classify --heads lang,keywords m | jq -c '.class.keywords')" = '["Kiel","Kein Netz"]' ]
	[ "$(sme-classify --heads entities,dup m | jq -c '.class | keys_unsorted')" = \
		'["topics","keywords","queries","entities","dup","model"]' ]
	[ "$(sme-classify --heads lang --redact m | jq -r '.class.redacted')" = 'Kein Netz in Kiel seit gestern, <phone>' ]
	run --separate-stderr sme-classify --heads keyword m
	[ "$status" -eq 64 ]
}

@test "a learned head named topic speaks among the topics" {
	awk 'BEGIN {
		split("network/outage network/slow billing", label, " ")
		split("kein Netz seit gestern|Internet so langsam wie nie|Rechnung stimmt nicht", text, "|")
		for (i = 0; i < 90; i++)
			printf "{\"text\":\"%s, Fall %d\",\"topic\":\"%s\"}\n", text[i % 3 + 1], i, label[i % 3 + 1]
	}' >rows
	sme-train -q --label-key topic --name topic -o topic.model rows
	echo '{topics: {kiel: "kiel", network: "netz"}}' >sme.jq
	mention 'Kein Netz seit gestern in Kiel' >m
	run sme-classify --model topic.model --min-p 0.1 m
	[ "$(jq -c '.class.topics' <<<"$output")" = '["network","network/outage"]' ]
	jq -e '.class | has("heads") | not' <<<"$output"
	run sme-classify --model topic.model --min-p 0.1 -c sme.jq m
	[ "$(jq -c '.class.topics' <<<"$output")" = '["kiel","network","network/outage"]' ]
	run sme-classify --model topic.model --min-p 1 -c sme.jq m
	[ "$(jq -c '.class.topics' <<<"$output")" = '["kiel","network"]' ]
	run sme-classify --model topic.model --explain m
	jq -e '.class.heads.topic | .p > 0 and (.why | length > 0)' <<<"$output"
}

@test "a background is made, the same from the same rows, and used" {
	small_background >rows
	run --separate-stderr sme-train --background -o a.model rows
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[[ "$output" == "background    2 languages, "* ]]
	gzip -c rows >rows.gz
	sme-train -q --background -o b.model - <rows.gz
	cmp a.model b.model
	mkdir models
	cp "$share/models/lang.model" models
	sme-train -q --background -o models/words.model rows
	export SME_SHARE=$PWD
	# "weather" is in every text, "and" a stop word, "number17" in two of few texts, the others unheard of.
	[ "$(class_of 'the weather is fine and number17 is here, with you' keywords)" = '["here","with"]' ] || {
		class_of 'the weather is fine and number17 is here, with you' keywords
		false
	}
	rm models/words.model
	[ "$(class_of 'the weather is fine and number17 is here, with you' keywords)" = '[]' ]
}

@test "sme-train --background says what is wrong" {
	small_background | head -n 100 >rows
	run --separate-stderr sme-train --background -o a.model rows
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"no language has 1000 texts or more; give more texts, each with its language"* ]]
	[ ! -e a.model ]
	run --separate-stderr sme-train --background --lang-rows 40 -o a.model rows
	[ "$status" -eq 0 ]
	echo 'no json' >>rows
	run --separate-stderr sme-train --background -o a.model rows
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"rows:101: byte 0: "* ]]
	run --separate-stderr sme-train --background rows
	[ "$status" -eq 64 ]
	run --separate-stderr sme-train --background --min-rows 1 -o a.model rows
	[ "$status" -eq 64 ]
}

@test "a damaged background is refused" {
	head -c 100000 "$share/models/background.model" >short.model
	run --separate-stderr sme-classify --model short.model </dev/null
	[ "$status" -eq 65 ]
	[[ "$stderr" == "sme-classify: short.model: the file has 100000 bytes"*"truncated or damaged"* ]]
	cp "$share/models/background.model" bit.model
	printf 'x' | dd of=bit.model bs=1 seek=70000 conv=notrunc status=none
	run --separate-stderr sme-classify --model bit.model </dev/null
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"bit.model: the checksum is wrong"* ]]
}

@test "no training text can be read out of the background, and it is small" {
	[ "$(stat -c %s "$share/models/background.model")" -le 2097152 ]
	# What can be read of it is its card.
	run ! grep -aiE 'störung|bahn|because|weather' "$share/models/background.model"
}

@test "many threads give the same bytes" {
	jq -nc 'range(300) | {type: "mention", id: "x:a:1", text: "Kundennr. 4711\(.): kein Netz in Kiel, Tel. 0431 12345\(.), DE89 3704 0044 0532 0130 00 Fall \(. * 7919)"}' >some
	for _ in $(seq 30); do cat some; done >many
	sme-classify -j1 --redact many | sha256sum >a
	sme-classify -j4 --redact many | sha256sum >b
	cmp a b
}

# The examples of a page that are literal blocks and hold WORD, as shell.
example() {
	awk -v word="$2" '
		on && /^\.Ed/ { if (index(text, word)) printf "%s", text; on = 0 }
		on { gsub(/\\\(aq/, "\047"); gsub(/\\e/, "\\"); text = text $0 "\n" }
		/^\.Bd -literal/ { on = 1; text = "" }' "$BATS_TEST_DIRNAME/../../man/$1"
}

@test "the examples of the pages do what they say" {
	for i in 1 2 3; do
		mention "Seit gestern kein Netz in Kiel, so ein Mist! https://t.example/$i"
		mention "Kundennr. 471$i: wann kommt denn der Techniker nach Flensburg? @kim"
	done | awk '{ sub(/x:a:1/, "x:a:" NR); print }' >mentions.ndjson
	example sme-classify.1 '"customer"' >run
	bash run >got
	printf '%s\n' '["x:a:1"]' '["x:a:2","4711"]' '["x:a:3"]' '["x:a:4","4712"]' '["x:a:5"]' '["x:a:6","4713"]' | cmp - got
	example sme-classify.1 'class.redacted' >run
	bash run >got
	[ "$(grep -c '<customer>.*<user>' got)" -eq 3 ]
	[ "$(jq -r .text got | grep -c 471)" -eq 0 ]
	example sme-classify.1 'dup[:8]' >run
	bash run >got
	[ "$(head -n 1 got)" = '3 x:a:5' ] || { cat got; false; }
	example sme-classify.1 'to_entries' >run
	bash run >got
	[ "$(sort -u got | head -n 1)" = ' x:a:1 x:a:3 x:a:5' ] || { cat got; false; }
}

@test "the example of --background" {
	mkdir log
	jq -nc 'range(1100) | {type: "mention", id: "x:a:\(.)", text: "Das Wetter in Kiel ist heute wieder schoen, Tag x\(.)y"}' >in
	sme-log append log in >/dev/null
	mention 'Das Wetter in Flensburg ist heute wieder schoen' >mentions.ndjson
	example sme-train.1 own.model | sed 's/--since 365d//' >run
	bash run >got
	# What every mention has is no keyword any more; what none had is one.
	[ "$(grep '"class"' got | jq -c .class.keywords)" = '["Flensburg"]' ] || { cat got; false; }
}
