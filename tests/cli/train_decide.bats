#!/usr/bin/env bats
# What decides beside the weights: calibration, thresholds by cost and by recall; and what helps
# people to decide: the curve, the misses, the comparison with the model in use.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null
}

# N mentions, one in five of them about an outage.  Words speak for one side in most cases only, so
# that nothing is certain.
noisy() {
	awk -v n="$1" -v seed="${2:-1}" 'BEGIN {
		split("netz weg kein empfang tot stoerung ausfall offline", bad, " ")
		split("tarif rechnung danke vertrag handy laden frage karte", good, " ")
		split("heute seit hier mal wieder immer noch eben jetzt bei mir und der die", any, " ")
		srand(seed)
		for (i = 1; i <= n; i++) {
			out = rand() < 0.2
			text = ""
			for (w = 0; w < 6; w++) {
				r = rand()
				if (r < 0.5) word = any[int(rand() * 14) + 1]
				else if ((r < 0.92) == out) word = bad[int(rand() * 8) + 1]
				else word = good[int(rand() * 8) + 1]
				text = text word " "
			}
			printf "{\"id\":\"m%d\",\"text\":\"%sn%d\",\"label\":\"%s\"}\n", i, text, i, out ? "outage" : "other"
		}
	}'
}

learn() {
	sme-train --label-key label --name kind --grid 3 --words 1 --chars 0 --holdout 40 "$@"
}

# The cost of 1000 rows at the threshold marked with "*".
cost() {
	awk '/^\*/ { print $NF }' "$1"
}

@test "a threshold by cost is in the model, and sme-classify goes by it" {
	noisy 4000 >in
	learn -o plain.model in >plain
	learn --cost outage=20:1 -o dear.model in >dear
	learn --cost outage=1:20 -o cheap.model in >cheap
	grep -q '^label outage: a miss costs 20, a false alarm 1; given from 0.0[0-9]* on$' dear
	grep -q '^label outage: a miss costs 1, a false alarm 20; given from 0.[89][0-9]* on$' cheap
	count() {
		jq -c '{type:"mention",text}' in | sme-classify --model "$1" --heads kind |
			jq -r .class.heads.kind.label | grep -c outage
	}
	[ "$(count dear.model)" -gt $(($(count plain.model) + 300)) ]
	[ "$(count cheap.model)" -lt "$(count plain.model)" ]
	# the chosen threshold costs less than that of the opposite case, and about the least of all shown
	awk -v cost="$(cost dear)" '/^label outage/ { on = 1 } on && NF == 5 && $1 + 0 > 0 { if ($5 < least || !least) least = $5 }
		END { exit !(least > 0 && cost <= least * 1.25) }' dear
	# p is still the probability of what was answered
	jq -c '{type:"mention",text}' in | sme-classify --model dear.model --heads kind |
		jq -s -e '[.[].class.heads.kind | select(.label == "outage") | .p] | min < 0.3 and max > 0.7'
}

@test "--min-p of sme-classify counts for labels with thresholds, too" {
	noisy 3000 >in
	learn -q --cost outage=20:1 --min-p 0.6 -o m.model in
	jq -c '{type:"mention",text}' in >mentions
	sme-classify --model m.model --heads kind mentions | jq -c '.class.heads.kind' >own
	# below the model's own --min-p, others are silent and the label with the threshold is not
	jq -s -e 'any(.[]; .label == "outage" and .p < 0.5) and all(.[]; .label != "other" or .p >= 0.6)' own
	sme-classify --min-p 0.5 --model m.model --heads kind mentions | jq -c '.class.heads.kind' >half
	jq -s -e 'any(.[]; .label == null) and all(.[]; .label == null or .p >= 0.5)' half
	sme-classify --min-p 0 --model m.model --heads kind mentions | jq -s -e 'all(.[].class.heads.kind; .label)'
}

@test "a threshold by recall finds the share that was asked for" {
	noisy 6000 >in
	learn --recall outage=0.95 -o m.model in >report
	grep -q '^label outage: 0.95 of its rows are to be found; given from ' report
	# on rows that did not choose it: within what chance allows
	awk '/^\*/ { exit !($4 > 0.91 && $4 <= 1) }' report
	awk '/recall 0.95 from/ { sub(",", "", $NF); if ($8 > 0.2 && $8 < 1) ok = 1 } END { exit !ok }' report
	# more recall is paid for with precision
	[ "$(awk '/^  recall 0/ { print $8 }' report | sort -rc && echo falls)" = falls ]
}

@test "all labels may have thresholds; then there may be no answer" {
	noisy 3000 >in
	learn -q --cost outage=1:30 --cost other=1:30 -o m.model in
	jq -c '{type:"mention",text}' in >mentions
	sme-classify --model m.model --heads kind mentions | jq -r '.class.heads.kind.label' | sort | uniq -c >counts
	[ "$(wc -l <counts)" -eq 3 ]
	grep -q null counts
	sme-classify --min-p 0 --model m.model --heads kind mentions | jq -s -e 'all(.[].class.heads.kind; .label)'
}

@test "of several labels each may have its own threshold" {
	# half of the outages are something else, which a word often tells
	noisy 6000 | awk '{ slow = /"outage"/ && NR % 2
		if (slow) sub("\"outage\"", "\"slow\"")
		if (slow ? NR % 3 : NR % 9 == 0) sub("\"text\":\"", "&langsam ")
		print }' >in
	learn -o plain.model in >plain
	learn --cost outage=6:1 --recall slow=0.5 -o m.model in >report
	[ "$(grep -c '^label outage: \|^label slow: ' report)" -eq 2 ]
	[ "$(grep -c '^\*' report)" -eq 2 ]
	answers() {
		jq -c '{type:"mention",text}' in | sme-classify --model "$1" --heads kind | jq -c .class.heads.kind
	}
	answers plain.model >was
	answers m.model >is
	# what is dear to miss is given more often than where it must be the likeliest label
	[ "$(grep -c '"outage"' is)" -gt "$(grep -c '"outage"' was)" ]
	[ "$(grep -c '"other"' is)" -lt "$(grep -c '"other"' was)" ]
	# none is given below its threshold
	for label in outage slow; do
		least=$(awk -v l="label $label:" 'index($0, l) == 1 { on = 1 } on && /^the model that is written/ { print $9; exit }' report)
		jq -s -e --arg l $label --argjson t "$least" 'map(select(.label == $l).p) | min >= $t - 0.0001' is
	done
}

@test "with few rows of a label the costs alone decide" {
	noisy 100 >in
	learn --cost outage=3:1 -o m.model in >report
	grep -q 'given from 0.2500 on$' report
	grep -q '^chosen by the costs alone: there are ' report
}

@test "costs and recalls that mean nothing are refused" {
	noisy 100 >in
	for bad in --cost=outage --cost=outage=1 --cost=outage=0:1 --cost=outage=1:-1 --cost=outage=1:x --cost=nobody=1:2 \
		--recall=outage --recall=outage=0 --recall=outage=1.5 --recall=nobody=0.5 '--cost=outage=2:1 --recall=outage=0.9' \
		'--cost=outage=2:1 --holdout 0'; do
		# shellcheck disable=SC2086
		run --separate-stderr sme-train --label-key label -o m.model $bad in
		[ "$status" -eq 64 ] || { echo "$bad: $status"; false; }
	done
	run --separate-stderr sme-train --label-key label -o m.model --cost nobody=1:2 in
	[[ "$stderr" == *'labels are: other, outage'* ]]
	[ ! -e m.model ]
}

@test "calibration: what is promised is kept" {
	noisy 8000 >in
	learn --no-refit -o m.model in >report
	grep -q '^calibration: temperature .*, ECE 0\.0[0-4][0-9]* (0\.0[0-9]* by chance alone), Brier 0\.[0-9]*$' report
	grep -q '^  ECE on the [0-9]* rows that set it: 0\.[0-9]* by the temperature, 0\.[0-9]* with a table$' report
	# the table adds up to the half of the rows that did not set it
	held=$(sed -n '1s/.*, \([0-9]*\) held out.*/\1/p' report)
	tune=$(sed -n 's/^  ECE on the \([0-9]*\) rows.*/\1/p' report)
	[ "$(awk '/ to [01]\.[0-9]* +[0-9]+ / && $5 ~ /\./ { n += $4 } END { print n }' report)" -eq $((held - tune)) ]
	# the model that is learned from all rows is calibrated by all rows held out
	learn -o m.model in >report
	[ "$(sed -n 's/^  ECE on the \([0-9]*\) rows.*/\1/p' report)" -eq "$held" ]
	# new texts of the same kind
	noisy 4000 77 | jq -c '{type:"mention",text,label:.label}' | sme-classify --min-p 0 --model m.model --heads kind |
		jq -s -e '[.[] | {p: .class.heads.kind.p, ok: (.class.heads.kind.label == .label)}] |
			group_by(.p * 10 | floor) |
			map(length * ((map(.p) | add / length) - (map(if .ok then 1 else 0 end) | add / length) | fabs)) | add / 4000 < 0.05'
}

@test "the figures carry their intervals" {
	noisy 2000 >in
	learn -o m.model in >report
	sed -n 's/^held out: accuracy \([0-9.]*\), macro-F1 \([0-9.]*\),.*/\1 \2/p' report >is
	sed -n 's/^95 %: accuracy \([0-9.]*\) to \([0-9.]*\), macro-F1 \([0-9.]*\) to \([0-9.]*\)$/\1 \2 \3 \4/p' report >in95
	paste is in95 | awk '{ exit !($3 < $1 && $1 < $4 && $5 < $2 && $2 < $6 && $4 - $3 < 0.1 && $6 - $5 < 0.15) }'
	awk '$1 == "outage" && NF == 8 { found = $6 < $4 && $4 < $8 } END { exit !found }' report
}

@test "--curve shows what fewer rows teach" {
	noisy 4000 >in
	learn --curve --cost outage=9:1 --no-refit -o m.model in >report
	learn --cost outage=9:1 --no-refit -o same.model in >without
	cmp m.model same.model
	awk '/^learned from/ { on = 1; next } on { print $1, $2 }' report >curve
	[ "$(cut -d' ' -f1 curve | paste -sd' ')" = '1/8 1/4 1/2 all' ]
	cut -d' ' -f2 curve | sort -nc
	awk 'NR == 1 { a = $2 } NR == 3 { exit !($2 > 3.2 * a && $2 < 4.8 * a) }' curve
	# more rows help here
	awk '/^1\/8/ { a = $4 } /^all / { exit !($4 > a) }' report
}

@test "--misses lists what was wrong, the surest first" {
	noisy 1500 >in
	learn --no-refit --misses misses -o m.model in >report
	jq -s -e 'length > 10 and all(.[]; .label != .guess and .file == "in" and (.p | . > 0 and . <= 1)) and
		([.[].p] == ([.[].p] | sort | reverse))' misses
	[ "$(stat -c %a misses)" = 600 ]
	# every one is what the model says of that line, and the lines are those that are named
	jq -r '[.line, .id, .guess, .label, .text] | @tsv' misses >list
	while IFS=$'\t' read -r line id guess label text; do
		sed -n "${line}p" in | jq -e --arg id "$id" --arg l "$label" --arg t "$text" '.id == $id and .label == $l and .text == $t' >/dev/null
		echo "$guess" >>guesses
	done <list
	jq -c '{type:"mention",text}' misses | sme-classify --model m.model --heads kind | jq -r .class.heads.kind.label | cmp - guesses
	held=$(sed -n '1s/.*, \([0-9]*\) held out.*/\1/p' report)
	awk -v wrong="$(wc -l <misses)" -v held="$held" '/^held out/ { exit !(sprintf("%.4f,", 1 - wrong / held) == $4) }' report
}

@test "the confusion matrix counts every row held out, and agrees with the misses" {
	noisy 1500 >in
	learn --no-refit --misses misses -o m.model in >report
	held=$(sed -n '1s/.*, \([0-9]*\) held out.*/\1/p' report)
	awk -v held="$held" -v wrong="$(wc -l <misses)" '
		/^is .* taken for/ { on = 1; next }
		on && NF == 3 { all += $2 + $3; off += $1 == "other" ? $3 : $2; rows++; is[$1] = $2 + $3 }
		on && !NF { on = 0 }
		/^label  / { table = 1; next }
		table && NF > 4 { seen[$1] = $2 }
		table && !NF { table = 0 }
		END { exit !(rows == 2 && all == held && off == wrong && seen["other"] == is["other"] && seen["outage"] == is["outage"]) }' report
	# of many labels, what was most often mistaken for what
	awk 'BEGIN { srand(3); for (i = 0; i < 900; i++) {
		l = i % 15
		printf "{\"text\":\"w%d x%d n%d\",\"label\":\"l%d\"}\n", l + (rand() < 0.3), int(rand() * 9), i, l } }' >many
	learn --misses misses -o m.model many >report
	awk '/^mistakes/ || /^ *mistakes/ { on = 1; next } on && NF == 3 && $1 > 0 { n++; if (last && $1 > last) bad = 1; last = $1; sum += $1 } on && !NF { on = 0 }
		END { exit !(n > 0 && n <= 15 && !bad) }' report
	awk '/mistakes/ { getline; print $1, $2, $3 }' report >worst
	read -r n is taken <worst
	[ "$(jq -s --arg is "$is" --arg t "$taken" 'map(select(.label == $is and .guess == $t)) | length' misses)" -eq "$n" ]
}

@test "--compare says whether the new model is better" {
	noisy 4000 >in
	head -n 300 in >few
	learn -q --no-refit -o old.model few
	learn --compare old.model -o new.model in >report
	run ! grep -q 'may have learned' report
	[[ "$(tail -n 1 report)" == 'verdict: the new model is better; macro-F1 +0.'*', 95 % +0.'*' to +0.'* ]]
	# the other way round
	learn -q --no-refit -o good.model in
	learn --features 3 --compare good.model -o bad.model in >report
	[[ "$(tail -n 1 report)" == 'verdict: the new model is worse; macro-F1 -0.'* ]]
	# with itself
	learn --no-refit --compare good.model -o again.model in >report
	[[ "$(tail -n 1 report)" == 'verdict: no difference can be shown; macro-F1 +0.0000, 95 % +0.0000 to +0.0000' ]]
	grep -q 'only the new one 0, only the old one 0 (McNemar p 1.0000)' report
	[ "$(awk '/old F1/ { on = 1; next } /^verdict/ { on = 0 } on { print $1, $NF }' report)" = $'other +0.0000\noutage +0.0000' ]
}

@test "--compare warns of a model that may know the answers" {
	noisy 1000 >in
	learn -q -o refit.model in
	learn --compare refit.model -o new.model in | grep -q 'it may have learned from these rows'
	sme-train -q --label-key label --no-refit --holdout 10 -o small.model in
	learn --compare small.model -o new.model in | grep -q 'it may have learned from these rows'
	sed 's/"other"/"else"/' in >renamed
	learn -q --no-refit -o renamed.model renamed
	learn --compare renamed.model -o new.model in | grep -q 'a label that is not in the rows'
	run --separate-stderr learn --compare missing.model -o new.model in
	[ "$status" -eq 66 ]
	run --separate-stderr learn --compare in -o new.model in
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'in: not a model file'* ]]
}

@test "--only-better leaves the model in use alone" {
	noisy 4000 >in
	head -n 300 in >few
	learn -q --no-refit -o used.model few
	cp used.model before
	run --separate-stderr learn --features 3 --no-refit --compare used.model --only-better -o used.model in
	[ "$status" -eq 1 ]
	[[ "$stderr" == *'used.model: not written'* ]]
	cmp used.model before
	learn -q --no-refit --compare used.model --only-better -o used.model in
	run ! cmp -s used.model before
	run --separate-stderr learn --only-better -o used.model in
	[ "$status" -eq 64 ]
}

@test "grid, folds and weights: the cross-validation chooses the best strength" {
	noisy 2000 >in
	sme-train --label-key label --grid 0.01,1,3 --folds 4 --words 1 --chars 0 -o m.model in >report
	[ "$(grep -c '^  strength .* in 4-fold cross-validation$' report)" -eq 3 ]
	best=$(awk '/^  strength/ { if ($4 > most) { most = $4; at = $2 } } END { print at }' report)
	grep -q "^head label: .*, strength $best\$" report
	# weights move the answer to the label that counts more
	share() {
		sme-train "$@" --label-key label --words 1 --chars 0 --grid 1 --holdout 40 -o m.model in |
			awk '/^other / && NF == 3 { a = $3 } /^outage / && NF == 3 { b = $3 } END { print a + b }'
	}
	[ "$(share --label-weight outage=5)" -gt "$(share)" ]
	[ "$(share --balance)" -gt "$(share)" ]
	[ "$(share --label-weight outage=0.2)" -lt "$(share)" ]
}
