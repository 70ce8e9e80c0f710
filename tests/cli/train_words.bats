#!/usr/bin/env bats
# What sme-train learns of words beyond the rows: lists, negation, languages.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null
}

# "good" and "bad" things; half of them said with "not".
rows() {
	awk 'BEGIN {
		split("tea bus room shop food team beer city line desk park road", thing, " ")
		for (i = 1; i <= 12; i++)
			for (k = 0; k < 8; k++) {
				not = k % 2
				good = int(k / 2) % 2
				printf "{\"id\":\"r%d-%d\",\"text\":\"the %s %s %s number %s %s\",\"mood\":\"%s\"}\n", i, k,
					thing[i], (not ? "is not very" : "is very"), (good ? "good" : "bad"),
					thing[(i + k) % 12 + 1], (k > 3 ? "today" : "now"),
					(good != not ? "positive" : "negative")
			}
	}'
}

label() { # label MODEL TEXT
	jq -cn --arg t "$2" '{type: "mention", text: $t}' |
		sme-classify --model "$1" --heads mood --min-p 0 | jq -r .class.heads.mood.label
}

@test "words of a list count as others of their class, though no row has them" {
	rows | grep -v "is not" >in
	printf '{"text":"%s","score":%d}\n' good 3 splendid 3 bad -3 dreadful -3 'no go' -3 >list
	sme-train -q --label-key mood --holdout 0 --grid 3 --chars 0 --lexicon list -o with.model in
	sme-train -q --label-key mood --holdout 0 --grid 3 --chars 0 -o without.model in
	[ "$(label with.model "splendid")" = positive ]
	[ "$(label with.model "dreadful")" = negative ]
	[ "$(label with.model "no go")" = negative ]
	[ "$(label without.model "splendid")" = null ]
}

@test "words are learned from rows of another kind" {
	rows | grep -v "is not" >in
	for i in $(seq 8); do
		printf '{"text":"%s %d","mood":"%s"}\n' "good and splendid" "$i" positive "bad and dreadful" "$i" negative
	done >other
	sme-train -q --label-key mood --holdout 0 --grid 3 --chars 0 --lexicon-rows other -o m.model in
	[ "$(label m.model "splendid")" = positive ]
	[ "$(label m.model "dreadful")" = negative ]
}

@test "a list that holds nothing is an error with its name" {
	rows >in
	echo '{"word":"good"}' >list
	run --separate-stderr sme-train --label-key mood --lexicon list -o m.model in
	[ "$status" -eq 65 ]
	[ "$stderr" = 'sme-train: list: no row has "text" and "score" or "label"' ]
	run --separate-stderr sme-train --label-key mood --lexicon nowhere -o m.model in
	[ "$status" -eq 66 ]
	[ ! -e m.model ]
}

@test "a negation turns the words that it reaches" {
	rows >in
	sme-train -q --label-key mood --holdout 0 --grid 3 --chars 0 --words 1 --negation -o m.model in
	[ "$(label m.model "the harbour is good")" = positive ]
	[ "$(label m.model "the harbour is not good")" = negative ]
	[ "$(label m.model "nothing here was ever bad")" = positive ]
	[ "$(label m.model "not here! good")" = positive ]
}

@test "models of one name speak for their languages" {
	rows >in
	mkdir dir
	sme-train -q --label-key mood --holdout 0 --grid 3 --release any -o dir/mood.model in
	sed 's/"positive"/"gut"/; s/"negative"/"schlecht"/' in >de
	sme-train -q --label-key mood --holdout 0 --grid 3 --lang de,nl --release de -o dir/mood_de.model de
	printf '{"type":"mention","text":"%s"}\n' "Das ist heute wirklich very good gewesen und ich bin dabei" \
		"This was really very good today and I shall come back" >in2
	sme-classify --model dir --heads mood --min-p 0 in2 | jq -r '.class.heads.mood.label' >out
	[ "$(paste -s -d ' ' out)" = "gut positive" ]
	# the language is not shown, for nobody asked for it
	sme-classify --model dir --heads mood in2 | head -n 1 | jq -e '.class | has("lang") | not'
	# one for all languages takes the place of both
	sme-classify --model dir --model dir/mood.model --heads mood --min-p 0 in2 |
		jq -r '.class.heads.mood.label' >out
	[ "$(paste -s -d ' ' out)" = "positive positive" ]
}

@test "a language that cannot be one is a mistake" {
	rows >in
	for lang in German de,,nl "de, nl" DE; do
		run --separate-stderr sme-train --label-key mood --lang "$lang" -o m.model in
		[ "$status" -eq 64 ]
		[[ "$stderr" == "sme-train: --lang: expected codes such as de,nl, got \"$lang\""* ]]
		[ ! -e m.model ]
	done
}

# Texts without labels, in which splendid stands where good does, and dreadful where bad does.
texts() {
	awk 'BEGIN {
		split("sunny warm lovely kind sweet", up, " ")
		split("broken cold sad rude late", down, " ")
		for (i = 0; i < 3000; i++) {
			w = i % 2 ? (i % 4 == 1 ? "good" : "splendid") : (i % 4 == 0 ? "bad" : "dreadful")
			a = i % 2 ? up[int(i / 4) % 5 + 1] : down[int(i / 4) % 5 + 1]
			b = i % 2 ? up[int(i / 20) % 5 + 1] : down[int(i / 20) % 5 + 1]
			printf "{\"text\":\"%s %s %s n%d\"}\n", a, w, b, i
		}
	}'
}

@test "vectors of words tell of words that no row has" {
	texts >in
	run sme-train --vectors --min-rows 5 -o w.vectors in
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "vectors of 14 words, 64 numbers each, "* ]]
	sme-train -q --vectors --min-rows 5 -o again.vectors - <in
	cmp w.vectors again.vectors
	rows | grep -v "is not" >rows
	sme-train -q --label-key mood --holdout 0 --grid 3 --chars 0 --with-vectors w.vectors -o with.model rows
	sme-train -q --label-key mood --holdout 0 --grid 3 --chars 0 -o without.model rows
	[ "$(label with.model "splendid")" = positive ]
	[ "$(label with.model "dreadful")" = negative ]
	[ "$(label without.model "splendid")" = null ]
}

@test "vectors are tried where there are strengths to choose from" {
	texts >in
	mkdir -p share/models
	sme-train -q --vectors --min-rows 5 -o share/models/words.vectors in
	rows >rows
	run env SME_SHARE="$PWD/share" sme-train --label-key mood --grid 1,3 -o m.model rows
	[[ $output == *"rare n-grams count more: macro-F1 "* ]]
	[[ $output == *"vectors of words: macro-F1 "* ]]
	[[ $output == *"rows of rare labels count more: macro-F1 "* ]]
	[[ $output == *"all labels count the same: macro-F1 "* ]]
	run env SME_SHARE="$PWD/share" sme-train --label-key mood --grid 1,3 --rarity no --with-vectors none -o m.model rows
	[[ $output != *"vectors of words"* ]]
	[[ $output != *"rare n-grams"* ]]
}

# Long posts: of the label speaks one of a few words, and all say the same things over and over.
long_rows() {
	awk 'BEGIN {
		split("splendid great lovely dreadful awful nasty", word, " ")
		for (i = 0; i < 120; i++) {
			text = ""
			for (k = 0; k < 30; k++)
				text = text ((k * 7 + i) % 5 ? " the train to the town" : " we and the others")
			printf "{\"id\":\"r%d\",\"text\":\"number %d %s%s\",\"mood\":\"%s\"}\n", i, i,
				word[i % 6 + 1], text, (i % 6 < 3 ? "positive" : "negative")
		}
	}'
}

@test "n-grams may count once a text, and do in long ones if that is better" {
	rows | grep -v "is not" >rows
	long_rows >long
	sme-train -q --label-key mood --grid 3 --chars 0 --words 1 --once yes -o once.model long
	sme-train -q --label-key mood --grid 3 --chars 0 --words 1 -o often.model long
	[ "$(label once.model "awful awful awful splendid great awful awful")" = positive ]
	[ "$(label often.model "awful awful awful splendid great awful awful")" = negative ]
	jq -cn '{type: "mention", text: "awful, awful! splendid. splendid great"}' |
		sme-classify --model once.model --heads mood --min-p 0 --explain >out
	[ "$(jq -c '[.class.heads.mood.why[][0]]' out)" = '["splendid","great"]' ]
	run sme-train --label-key mood --grid 1,3 --with-vectors none -o m.model long
	[[ $output == *"n-grams count once a text: macro-F1 "* ]]
	run sme-train --label-key mood --grid 1,3 --with-vectors none -o m.model rows
	[[ $output != *"once a text"* ]]
	run --separate-stderr sme-train --label-key mood --once yes --pieces 2 --solver softmax -o m.model rows
	[ "$status" -eq 64 ]
	[[ $stderr == *"--once does not go with --pieces"* ]]
}

@test "what vectors do not go with, and files that are none, are errors" {
	rows >rows
	run --separate-stderr sme-train --label-key mood --with-vectors nowhere -o m.model rows
	[ "$status" -eq 66 ]
	[ "$stderr" = "sme-train: nowhere: No such file or directory" ]
	run --separate-stderr sme-train --label-key mood --with-vectors rows -o m.model rows
	[ "$status" -eq 65 ]
	[ "$stderr" = "sme-train: rows: no word vectors of sme-train --vectors" ]
	run --separate-stderr sme-train --label-key mood --with-vectors rows --solver softmax -o m.model rows
	[ "$status" -eq 64 ]
	run --separate-stderr sme-train --label-key mood --rarity maybe -o m.model rows
	[ "$status" -eq 64 ]
	echo '{"text":"one of each word"}' >few
	run --separate-stderr sme-train --vectors --min-rows 5 -o w.vectors few
	[ "$status" -eq 65 ]
	[ "$stderr" = "sme-train: 0 words stand 5 times or more in the texts; give more texts" ]
	[ ! -e w.vectors ]
}
