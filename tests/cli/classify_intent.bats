#!/usr/bin/env bats
# What people want and whether they want an answer, by the shipped models; and the rows these are learned from.

bats_require_minimum_version 1.5.0

setup() {
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null
}

# Lines of "intent|needs an answer|text"; no text of them is learned from.
answers_as_told() {
	cat >told
	jq -Rc '{type: "mention", id: "x:a:\(input_line_number)", text: (split("|")[2])}' told |
		sme-classify --heads lang,intent,needs_answer --min-p 0 |
		jq -r '.class | "\(.intent.label)|\(.needs_answer.label)"' >got
	diff <(cut -d '|' -f 1,2 told) got
}

@test "clear messages in German have their intent" {
	answers_as_told <<-'EOF'
		outage|true|Seit gestern kein Netz in Kiel, was ist da los?
		outage|true|In unserer Straße ist der Strom ausgefallen, wann geht es weiter?
		billing|true|Warum ist meine Rechnung im Oktober so hoch?
		billing|true|Ihr habt mir 29 Euro doppelt abgebucht
		contract|true|Ich möchte meinen Handyvertrag zum März kündigen
		order|true|Wo bleibt mein Paket? Es sollte am Dienstag geliefert werden
		product|true|Habt ihr die Stiefel auch in Größe 39?
		technical|true|Die App stürzt seit dem Update bei jedem Start ab
		complaint|true|Unverschämt, eine Stunde in der Warteschleife und dann aufgelegt!
		praise|false|Super freundliche Beratung im Laden, ich bin begeistert!
		thanks|false|Vielen Dank für die schnelle Hilfe
		chat|false|Guten Morgen zusammen ☀️
		job|true|Sucht ihr noch Fahrer? Wo kann ich mich bewerben?
		spam|false|Verdiene 900 Euro am Tag mit Bitcoin, klick auf den Link in Bio
	EOF
}

@test "clear messages in English have their intent" {
	answers_as_told <<-'EOF'
		outage|true|No internet in Kendal since last night, what is going on?
		outage|true|Power is out in our whole street, when will it be back?
		billing|true|Why is my bill so high in October?
		billing|true|You charged my card twice for the same month
		contract|true|I want to cancel my phone contract in March
		order|true|Where is my parcel? It should have been delivered on Tuesday
		product|true|Do you have the boots in size 6?
		technical|true|The app crashes every time I open it since the update
		complaint|true|Worst customer service ever, an hour on hold and then you hung up!
		praise|false|Excellent service, such friendly staff in the shop, love it!
		thanks|false|Thank you so much for the quick help
		chat|false|Good morning everyone ☀️
		job|true|Are you hiring drivers? Where can I apply?
		spam|false|Earn 900 a day with bitcoin, click the link in bio
	EOF
}

@test "what is not clear has no label, but a probability" {
	echo '{"type":"mention","id":"x:a:1","text":"Lila Kamele"}' | sme-classify --heads intent,needs_answer --min-p 0.999 >got
	jq -e '.class.intent.label == null and .class.needs_answer.label == null' got
	jq -e '.class | (.intent.p | . > 0 and . < 0.999) and (.needs_answer.p | . >= 0 and . <= 1)' got
}

intents='["billing","chat","complaint","contract","job","order","other","outage","praise","product","spam","technical","thanks"]'

@test "the mapping of foreign labels is well-formed" {
	map=$root/scripts/seed/intent-map.ndjson
	jq -es --argjson intents "$intents" 'all(
		(.set | test("^[a-z]+/[a-z0-9_]+$")) and (.label | type == "string" and . != "")
		and (.intent == null or (.intent as $i | $intents | index($i)))
		and (.needs_answer | . == null or type == "boolean")
		and (.max | type == "number" and . >= 0 and . == floor)
		and ((.max == 0) == (.intent == null and .needs_answer == null)))' "$map"
	# Of one label each rule asks for something else, and one that asks for nothing is the last.
	jq -es 'group_by([.set, .label]) | all(
		([.[] | del(.intent, .needs_answer, .max)] | length == (unique | length))
		and all(.[:-1][]; has("aspect") or has("relevant") or has("without") or has("lang")))' "$map"
	# No set that forbids commerce.
	run ! grep -E 'airline|hint3' "$map"
}

@test "the seed has every intent in eight languages, with and without need of an answer" {
	for lang in de en es fr it nl pl pt; do
		jq -cRs -L "$root/scripts" --arg name "intent.$lang" 'include "intent"; seed($name)' \
			"$root/scripts/seed/intent.$lang.txt" >>rows
	done
	[ "$(jq -c .intent rows | sort -u | jq -cs .)" = "$intents" ]
	jq -es 'all(.text != "" and (.text | test("[{}|$]") | not) and (.needs_answer | type == "boolean"))' rows
	jq -es '(map(.id) | length == (unique | length))' rows
	jq -es 'group_by([.lang, .intent]) | length == 8 * 13 and all(length >= (if .[0].lang | . == "de" or . == "en" then 150 else 30 end))' rows
	jq -cRs -L "$root/scripts" --arg name intent.de 'include "intent"; seed($name)' \
		"$root/scripts/seed/intent.de.txt" >again
	cmp again <(jq -c 'select(.lang == "de")' rows)
}

@test "intent-rows labels sets by the mapping, and says what it does not know" {
	mkdir -p data/intent
	{
		echo '{"id":"1","text":"Where is my card?","lang":"en","label":"card_arrival"}'
		echo '{"id":"2","text":"Which cards do you take?","lang":"en","label":"verify_top_up"}'
	} | gzip >data/intent/banking77_en.ndjson.gz
	run --separate-stderr "$root/scripts/intent-rows" --all intent/banking77_en data
	[ "$status" -eq 0 ]
	[ "$output" = '{"id":"1","text":"Where is my card?","lang":"en","intent":"order","needs_answer":true,"source":"intent/banking77_en"}' ]
	echo '{"id":"3","text":"Hm","lang":"en","label":"humming"}' | gzip >data/intent/banking77_en.ndjson.gz
	run ! "$root/scripts/intent-rows" --all intent/banking77_en data
	[[ "$output" == *'intent-map.ndjson does not say what "humming" means'* ]]
}
