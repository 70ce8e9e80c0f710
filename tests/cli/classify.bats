#!/usr/bin/env bats
# sme-classify as a command, with the shipped models.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null
}

mention() {
	jq -nc --arg t "$1" '{type: "mention", id: "x:a:1", text: $t}'
}

@test "class is the last member and has its members in order" {
	run --separate-stderr sme-classify <<<'{"type":"mention","n":1.10,"text":"Seit gestern kein Netz, so ein Mist!"}'
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[[ "$output" == '{"type":"mention","n":1.10,"text":"Seit gestern kein Netz, so ein Mist!","class":{"lang":{"code":"de","p":'* ]]
	jq -e '["lang", "sentiment", "intent", "offensive", "praise", "complaint", "irony", "needs_answer", "heads",
		"topics", "keywords", "queries", "entities", "dup", "model"] as $order | .class | keys_unsorted as $keys |
		$keys == [$order[] | select(IN($keys[]))] and
		$order - $keys - ["offensive", "praise", "complaint", "irony", "heads"] == []' <<<"$output"
	[ "$(jq -c '.class.sentiment | keys_unsorted' <<<"$output")" = '["label","p","score"]' ]
	jq -e '.class | .sentiment.label == "negative" and .sentiment.score < -0.2 and .topics == [] and .entities == []' <<<"$output"
}

@test "languages are told apart" {
	while IFS='|' read -r code text; do
		got=$(mention "$text" | sme-classify --heads lang | jq -r .class.lang.code)
		[ "$got" = "$code" ] || {
			echo "$text: $got, not $code"
			return 1
		}
	done <<-'EOF'
		de|Ich habe gestern den ganzen Tag auf den Techniker gewartet
		en|I was waiting for the engineer all day yesterday
		fr|J'ai attendu le technicien toute la journée hier
		es|Ayer estuve todo el día esperando al técnico
		it|Ieri ho aspettato il tecnico per tutto il giorno
		pt|Ontem fiquei o dia todo à espera do técnico, não veio ninguém
		nl|Ik heb gisteren de hele dag op de monteur gewacht
		pl|Wczoraj cały dzień czekałem na technika i nikt nie przyszedł
		tr|Dün bütün gün teknisyeni bekledim ama kimse gelmedi
		sv|Jag väntade på teknikern hela dagen igår
		fi|Odotin eilen koko päivän asentajaa
		cs|Včera jsem celý den čekal na technika
		hu|Tegnap egész nap a szerelőt vártam
		ro|Ieri am așteptat toată ziua tehnicianul
		ru|Вчера я весь день ждал мастера
		uk|Вчора я цілий день чекав на майстра, але ніхто не прийшов
		bg|Вчера цял ден чаках техника
		el|Χθες περίμενα όλη μέρα τον τεχνικό
		ar|انتظرت الفني طوال اليوم أمس
		he|אתמול חיכיתי לטכנאי כל היום
		ja|昨日は一日中技術者を待っていました
		zh|我昨天等了技术员一整天
		ko|어제 하루 종일 기사님을 기다렸어요
		th|เมื่อวานฉันรอช่างทั้งวัน
		af|Gister het ek heeldag vir die tegnikus gewag
		az|Dünən bütün günü ustanı gözlədim, heç kim gəlmədi
		be|Учора я цэлы дзень чакаў майстра, але ніхто не прыйшоў
		lt|Vakar visą dieną laukiau meistro, bet niekas neatvyko
		mr|काल मी दिवसभर तंत्रज्ञाची वाट पाहत होतो
		nn|I går venta eg på montøren heile dagen, men ingen kom
		sq|Dje prita teknikun gjithë ditën dhe nuk erdhi askush
		sw|Jana nilimsubiri fundi siku nzima lakini hakuja
		tl|Kahapon ay buong araw akong naghintay ng tekniko
	EOF
}

@test "where a script is of one language, it tells" {
	while IFS='|' read -r code text; do
		got=$(mention "$text" | sme-classify --heads lang | jq -r '.class.lang | "\(.code) \(.p)"')
		[ "$got" = "$code 1" ] || {
			echo "$text: $got, not $code"
			return 1
		}
	done <<-'EOF'
		el|Χθες περίμενα όλη μέρα
		hy|Երեկ ամբողջ օրը սպասեցի
		ka|გუშინ მთელი დღე ველოდებოდი
		te|నిన్న రోజంతా ఎదురు చూశాను
		ta|நேற்று நாள் முழுவதும் காத்திருந்தேன்
		gu|ગઈકાલે મેં આખો દિવસ રાહ જોઈ
		kn|ನಿನ್ನೆ ಇಡೀ ದಿನ ಕಾದಿದ್ದೆ
		ml|ഇന്നലെ ദിവസം മുഴുവൻ കാത്തിരുന്നു
		si|ඊයේ දවස පුරාම බලා සිටියා
		pa|ਕੱਲ੍ਹ ਸਾਰਾ ਦਿਨ ਉਡੀਕ ਕੀਤੀ
		lo|ມື້ວານນີ້ຂ້ອຍລໍຖ້າໝົດມື້
		km|ម្សិលមិញខ្ញុំរង់ចាំពេញមួយថ្ងៃ
		my|မနေ့က တစ်နေ့လုံး စောင့်နေခဲ့တယ်
		am|ትናንት ቀኑን ሙሉ ጠበቅኩ
	EOF
}

@test "sentiment has a direction" {
	while IFS='|' read -r label text; do
		got=$(mention "$text" | sme-classify | jq -r '.class.sentiment | if .score > 0 then "positive" else "negative" end')
		[ "$got" = "$label" ] || {
			echo "$text: $got, not $label"
			return 1
		}
	done <<-'EOF'
		negative|This is the worst service ever, I am so angry
		positive|Thank you so much, I love this, great work :)
		negative|So eine Frechheit, ich bin richtig sauer auf euch
		positive|Vielen Dank, das ist super, ich freue mich :)
		negative|Qué asco de servicio, muy mal
		positive|Merci beaucoup, c'est génial
	EOF
}

@test "a mention without text gets empty answers and is no reject" {
	for m in '{"type":"mention"}' '{"type":"mention","text":null}' '{"type":"mention","text":""}' \
		'{"type":"mention","text":17}' '{"type":"mention","text":" .,; "}'; do
		run --separate-stderr sme-classify <<<"$m"
		[ "$status" -eq 0 ]
		[ "$stderr" = "" ]
		jq -e '.class | .lang == {code: null, p: 0} and .sentiment == {label: null, p: 0, score: 0}' <<<"$output"
	done
}

@test "other events pass, bad lines are rejected" {
	printf '%s\n' '{"type":"delete","id":"x"}' 'not json' '{"type":"mention","text":"hello there"}' >in
	run --separate-stderr sme-classify in
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = '{"type":"delete","id":"x"}' ]
	[ "${#lines[@]}" -eq 2 ]
	[[ "$stderr" == *"in:2: "* ]]
}

@test "twice is the same as once, every other byte stays, and threads change nothing" {
	cat >in <<-'EOF'
		{ "type" : "mention" ,"text":"Der Empfang ist \u00fcberall schlecht \ud83d\ude21","big":9007199254740993, "dup":1,"dup":2 }
		{"type":"mention","class":{"old":[1]},"text":"merci beaucoup"}
	EOF
	sme-classify in >once
	sme-classify once >twice
	cmp once twice
	grep -q '"text":"Der Empfang ist \\u00fcberall schlecht \\ud83d\\ude21","big":9007199254740993, "dup":1,"dup":2 ,"class":{"lang":{"code":"de"' once
	run ! grep -q old once
	for i in $(seq 3000); do
		mention "text number $i, kein Netz in Kiel, $((i * 7919)) c'est la vie"
		[ "$i" -gt 40 ] && break
	done >some
	for _ in $(seq 100); do cat some once; done >many
	sme-classify -j1 many | sha256sum >a
	sme-classify -j4 many | sha256sum >b
	cmp a b
}

@test "topics, keywords and queries come from the configuration" {
	cat >sme.jq <<-'EOF'
		{ topics: {network: "netz OR empfang"}, keywords: ["kein Netz"], queries: {french: "lang:fr"},
		  tenants: {nord: {topics: {network: "netz", kiel: "kiel"}, queries: {loud: "mist AND NOT danke"}}} }
	EOF
	cat >in <<-'EOF'
		{"type":"mention","tenant":"nord","text":"Seit gestern kein Netz in Kiel, so ein Mist!"}
		{"type":"mention","text":"Seit gestern kein Netz in Kiel, so ein Mist!"}
		{"type":"mention","text":"Je n'ai plus de réseau depuis hier soir"}
	EOF
	run sme-classify --heads lang -c sme.jq in
	[ "$status" -eq 0 ]
	[ "$(jq -c '.class | [.topics, .keywords, .queries]' <<<"$output")" = '[["network","kiel"],["kein Netz"],["loud"]]
[["network"],["kein Netz"],[]]
[[],[],["french"]]' ] || {
		echo "$output"
		false
	}
	echo '{topics: {t: "(netz"}}' >bad.jq
	run --separate-stderr sme-classify -c bad.jq in
	[ "$status" -eq 78 ]
	[[ "$stderr" == *".topics.t: "* ]]
	run --separate-stderr sme-classify --check-config -c bad.jq
	[ "$status" -eq 78 ]
}

@test "--min-p abstains, --explain says why, --heads asks only some" {
	mention "This is the worst service ever" >m
	run sme-classify --min-p 1 m
	jq -e '.class.sentiment | .label == null and .p > 0.3 and .score < 0' <<<"$output"
	run sme-classify --min-p 0 m
	jq -e '.class.sentiment.label == "negative"' <<<"$output"
	run sme-classify --explain m
	jq -e '.class.sentiment.why | (.[0] | .[0] == "worst" and .[1] > 0) and length <= 5' <<<"$output"
	run sme-classify --heads lang m
	jq -e '.class | has("lang") and (has("sentiment") | not)' <<<"$output"
	run --separate-stderr sme-classify --heads lang,nothing m
	[ "$status" -eq 64 ]
	[[ "$stderr" == *'no model named "nothing"'* ]]
	run sme-classify --min-p 2 m
	[ "$status" -eq 64 ]
}

@test "a damaged, missing or foreign model is refused" {
	share=$(dirname "$(command -v sme-classify)")/../share/models
	head -c 100000 "$share/sentiment.model" >short.model
	run --separate-stderr sme-classify --model short.model </dev/null
	[ "$status" -eq 65 ]
	[[ "$stderr" == "sme-classify: short.model: the file has 100000 bytes"* ]]
	cp "$share/sentiment.model" bit.model
	printf 'x' | dd of=bit.model bs=1 seek=70000 conv=notrunc status=none
	run --separate-stderr sme-classify --model bit.model </dev/null
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"bit.model: the checksum is wrong"* ]]
	echo hello >foreign.model
	run --separate-stderr sme-classify --model foreign.model </dev/null
	[ "$status" -eq 65 ]
	run --separate-stderr sme-classify --model nowhere.model </dev/null
	[ "$status" -eq 66 ]
	mkdir empty
	run --separate-stderr sme-classify --model empty </dev/null
	[ "$status" -eq 66 ]
}

@test "empty input, a closed pipe and a full disk" {
	run --separate-stderr sme-classify </dev/null
	[ "$status" -eq 0 ]
	[ "$output$stderr" = "" ]
	mention "hello there my friend" >m
	yes "$(cat m)" | head -n 2000 >many
	sme-classify many | head -1 >one
	[ "$(wc -l <one)" -eq 1 ]
	run bash -c 'sme-classify m >/dev/full'
	[ "$status" -eq 74 ]
}

@test "a very long text is read as far as the limit" {
	awk 'BEGIN { printf "{\"type\":\"mention\",\"text\":\""; for (i = 0; i < 200000; i++) printf "kein Netz in Kiel "; print "\"}" }' >long
	run sme-classify --heads lang long
	[ "$status" -eq 0 ]
	[ "$(jq -r .class.lang.code <<<"$output")" = de ]
}

# What the shipped heads say of texts that leave no doubt.
answers() { # answers TEXT FILTER
	jq -cn --arg t "$1" '{type: "mention", text: $t}' | sme-classify --min-p 0 | jq -c ".class | $2"
}

@test "offence, praise, complaints and irony have places of their own" {
	[ "$(answers "Ihr seid solche Idioten, verpisst euch" '.offensive | [.label, .p >= 0.5]')" = '[true,true]' ]
	[ "$(answers "Danke für die schnelle Hilfe!" '.offensive | [.label, .p >= 0.5]')" = '[false,false]' ]
	[ "$(answers "You are a bunch of fucking morons" '.offensive | [.label, .p >= 0.5]')" = '[true,true]' ]
	[ "$(answers "Thank you for your quick help today" '.offensive | [.label, .p >= 0.5]')" = '[false,false]' ]
	# A harsh complaint is none.
	[ "$(answers "Eure App ist Schrott" '.offensive.p < 0.5')" = true ]
	[ "$(answers "Der Support ist unfähig und die Hotline eine Katastrophe" '.offensive.p < 0.5')" = true ]
	[ "$(answers "Worst service ever, nobody answers the phone" '.offensive.p < 0.5')" = true ]
	[ "$(answers "Terrible experience with your store, the staff was rude" '.offensive.p < 0.5')" = true ]
	[ "$(answers "Danke, du bist super, tolles Video!!" '.praise.label')" = true ]
	[ "$(answers "Worst service ever, my order still has not arrived and nobody answers" .complaint.label)" = true ]
	[ "$(answers "Have a nice weekend everybody" .complaint.label)" = false ]
	[ "$(answers "Danke, das hat super geklappt :)" .sentiment.label)" = '"positive"' ]
	[ "$(answers "Thanks, that was great :)" .sentiment.label)" = '"positive"' ]
	[ "$(answers "Merci beaucoup, c'est magnifique" .sentiment.label)" = '"positive"' ]
	[ "$(answers "Das ist nicht gut, ich bin sehr enttäuscht" .sentiment.label)" = '"negative"' ]
}

@test "a head that was not made for the language says nothing" {
	[ "$(answers "Merci beaucoup, c'est vraiment magnifique, bonne soirée à tous" '[.lang.code, .praise, .offensive]')" = \
		'["fr",{"label":null,"p":null},{"label":null,"p":null}]' ]
}
