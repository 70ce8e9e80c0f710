# Rows to learn .class.intent and .class.needs_answer from: {id, text, lang, intent, needs_answer, source, together}.
#   seed       expands a file of scripts/seed (-R -s; $name is its name): slots, spelling, greetings
#   mapped     gives the rows of a set (-s; $set is its name) our labels by $map, scripts/seed/intent-map.ndjson,
#              and takes $all of those that have one, or as many as the map says
# There is no chance in it: what is taken follows from a hash of the line.

def next: (. * 16807) % 2147483647;
def hash: reduce explode[] as $c (5381; (. * 31 + $c) % 2147483647) | next | next;
def pick($n): ((. / 7) | floor) % $n;

# ---- the seed ------------------------------------------------------------------------------------------------------

# {text, seed}: the innermost slots first, until there are none.
def fill($lists):
	until(.text | test("\\{") | not;
		(.text | capture("^(?<a>[^{]*(?:\\{[^{}]*(?=\\{)[^{]*)*)\\{(?<slot>[^{}]*)\\}(?<z>.*)$")) as $m
		| (if $m.slot | startswith("$")
			then $lists[$m.slot[1:]] // error("no list called \($m.slot)")
			else $m.slot | split("|") end) as $choice
		| .seed |= next
		| .seed as $s
		| .text = $m.a + $choice[$s | pick($choice | length)] + $m.z);

def bare: ascii_downcase | gsub("Ä"; "ä") | gsub("Ö"; "ö") | gsub("Ü"; "ü") | sub("[.!?]+$"; "");
def ascii_umlauts: gsub("ä"; "ae") | gsub("ö"; "oe") | gsub("ü"; "ue") | gsub("ß"; "ss");
def no_accents: gsub("[éèê]"; "e") | gsub("[áàâã]"; "a") | gsub("[íì]"; "i") | gsub("[óòôõ]"; "o") | gsub("[úùû]"; "u")
	| gsub("ç"; "c") | gsub("ñ"; "n") | gsub("[¿¡]"; "") | gsub("ą"; "a") | gsub("ę"; "e") | gsub("ł"; "l")
	| gsub("ś"; "s") | gsub("[żź]"; "z") | gsub("ć"; "c") | gsub("ń"; "n") | gsub("ö"; "oe") | gsub("ü"; "ue")
	| gsub("ä"; "ae") | gsub("ß"; "ss");
def slip($s): length as $n
	| if $n < 12 then . else ($s | pick($n - 8)) as $at | .[:$at + 4] + .[$at + 5:] end;

def greetings: {
	de: ["Hallo, ", "Hi, ", "Moin, ", "Guten Tag, ", "Hallo liebes Team, ", "Sehr geehrte Damen und Herren, ", "hey ", "Servus, "],
	en: ["Hi, ", "Hello, ", "Hey, ", "Hi there, ", "Good morning, ", "Dear team, ", "hey guys ", "Evening, "],
	fr: ["Bonjour, ", "Salut, ", "Bonsoir, "], es: ["Hola, ", "Buenos días, ", "Buenas, "],
	it: ["Salve, ", "Buongiorno, ", "Ciao, "], nl: ["Hoi, ", "Hallo, ", "Goedemorgen, "],
	pl: ["Dzień dobry, ", "Witam, ", "Cześć, "], pt: ["Olá, ", "Bom dia, ", "Oi, "]};
def closings: {
	de: [" Danke!", " LG", " Bitte um Hilfe", " Vielen Dank im Voraus", " Danke schon mal", " Viele Grüße", " Bitte melden!", " Bitte um Rückmeldung, danke"],
	en: [" Thanks!", " Please help", " Many thanks in advance", " Regards", " Can you help?", " cheers", " Please get back to me", " thank you"],
	fr: [" Merci", " Merci d'avance", " Cordialement"], es: [" Gracias", " Gracias de antemano", " Saludos"],
	it: [" Grazie", " Grazie in anticipo", " Saluti"], nl: [" Bedankt", " Alvast bedankt", " Groeten"],
	pl: [" Dziękuję", " Z góry dziękuję", " Pozdrawiam"], pt: [" Obrigado", " Desde já obrigada", " Cumprimentos"]};
def marks($intent):
	{praise: ["😍", "👍", "🎉", "❤️", "👏"], thanks: ["😊", "🙏", "👍"], chat: ["😂", "😊", "😄"], spam: ["🔥", "💰", "👉"],
	other: ["🤔", "🙂", "🚆"]}[$intent] // ["😡", "🙏", "🤔", "😕", "🙄", "‼️"];
def is_request: . as $i | ["outage", "billing", "contract", "order", "product", "technical", "complaint", "job"] | index($i) != null;

# One way or another in which people write; KIND 0 leaves it as it is.
def dress($kind; $row; $s; $lists):
	if $kind == 1 then bare
	elif $kind == 2 then if $row.lang == "de" then ascii_umlauts else no_accents end
	elif $kind == 3 then "@" + $lists.b[$s | pick($lists.b | length)] + " " + .
	elif $kind == 4 then bare | no_accents
	elif $kind == 5 then . + " " + (marks($row.intent) | .[. as $m | $s | pick($m | length)])
	elif $kind == 6 then slip($s)
	elif $kind == 7 then . + " #" + $lists.b[$s | pick($lists.b | length)]
	elif $kind == 8 and $row.request then greetings[$row.lang][$s | pick(greetings[$row.lang] | length)] + .
	elif $kind == 9 and $row.request then (if test("[.?!]$") then . else . + "." end) + closings[$row.lang][$s | pick(closings[$row.lang] | length)]
	elif $kind == 10 and $row.request then
		greetings[$row.lang][$s | pick(greetings[$row.lang] | length)] + .
		+ closings[$row.lang][$s | next | pick(closings[$row.lang] | length)]
	else . end;

# The variants of a line, more of one with more alternatives; OTHER is a neighbour that now and then comes after it.
def variants($lists; $other):
	. as $row
	| ($row.text | hash) as $h
	| ([$row.text | scan("[{|]")] | length | if . == 0 then 4 else [[., 7] | max, 24] | min end) as $n
	| [range($n) as $v
		| ($h + $v * 7919 | next | next) as $s
		| {text: $row.text, seed: $s} | fill($lists) | .seed as $s2
		| (if $v > 0 and $other != null and ($s2 | pick(6)) == 0
			then .text + (if .text | test("[.?!]$") then " " else ". " end)
				+ ({text: $other.text, seed: ($s2 | next)} | fill($lists) | .text)
			else .text end)
		| dress(if $v == 0 then 0 else $s2 | next | pick(11) end; $row; ($s2 | next | next); $lists)]
	| unique_by(ascii_downcase)
	| to_entries[]
	| $row + {id: "\($row.together)-\(.key)", text: .value} | del(.request);

def lines($name):
	reduce (split("\n") | to_entries[]) as $l ({rows: [], lists: {}};
		$l.value as $t
		| if $t == "" or ($t | startswith("#")) then .
		elif $t | startswith("== ") then ($t | split(" ")) as $w | .intent = $w[1] | .needs = ($w[2] == "yes")
		elif ($t | startswith("$")) and (has("intent") | not) then ($t | capture("^\\$(?<k>[a-z]+) = (?<v>.*)$")) as $m
			| .lists[$m.k] = ($m.v | split("|"))
		else ($t | startswith("! ")) as $not
			| .rows += [{text: ($t | ltrimstr("! ")), lang: ($name | split(".")[-1]), intent, source: "seed",
				needs_answer: (.needs != $not), request: ((.intent | is_request) and .needs != $not)}] end);

# Two neighbours stay together when rows are held out, for one may stand in a variant of the other.
def seed($name):
	lines($name) as $file
	| [$file.rows | to_entries[] | .value + {together: "\($name)-\(.key / 2 | floor)", at: .key}] as $rows
	| $rows[] | . as $r
	| ($rows[if .at % 2 == 0 then .at + 1 else .at - 1 end]) as $o
	| (if $o != null and $o.intent == .intent and $o.needs_answer == .needs_answer and (.intent | is_request)
		then $o else null end) as $o
	| del(.at) | .together += "-\($r.at % 2)" | variants($file.lists; $o)
	| .together |= sub("-[01]$"; "");

# ---- the sets ------------------------------------------------------------------------------------------------------

def fits($m): . as $row
	| ($m.lang == null or $m.lang == $row.lang)
	and (($m | has("relevant") | not) or $m.relevant == $row.relevant)
	and ($m.aspect == null or ((($row.aspects // []) | index($m.aspect)) != null))
	and ($m.without == null or ($row.text | contains($m.without) | not));

def mapped($set; $map; $all):
	(reduce ($map | to_entries[] | select(.value.set == $set)) as $m ({}; .[$m.value.label] += [$m.value + {at: $m.key}])) as $rules
	| [.[] | . as $row
		| ([($rules[.label] // [])[] | . as $m | select($row | fits($m))][0]
			// error("\($set): intent-map.ndjson does not say what \"\($row.label)\" means")) as $m
		| select($m.max > 0)
		| {id, text, lang, intent: $m.intent, needs_answer: $m.needs_answer, source: $set, at: $m.at, max: (if $all then 1e9 else $m.max end)}
		| if .intent == null then del(.intent) else . end
		| if .needs_answer == null then del(.needs_answer) else . end]
	| group_by(.at)[]
	| length as $n | to_entries[]
	| select($n <= .value.max or ((.key + 1) * .value.max / $n | floor) > (.key * .value.max / $n | floor))
	| .value | del(.at, .max);
