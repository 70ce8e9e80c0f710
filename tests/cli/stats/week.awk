# A week of events for sme-stats: a daily rhythm, three tenants, an outage on Friday evening, answers,
# edits, deletes.  awk -v scale=1 -f week.awk; the same events on every machine.

function rnd() {
	seed = seed * 16807 % 2147483647
	return seed / 2147483647
}

# One of "a:3 b:1", by weight.
function pick(list,    parts, n, i, total, at, kv) {
	n = split(list, parts, " ")
	for (i = 1; i <= n; i++) {
		split(parts[i], kv, ":")
		total += kv[2]
	}
	at = rnd() * total
	for (i = 1; i <= n; i++) {
		split(parts[i], kv, ":")
		at -= kv[2]
		if (at < 0)
			break
	}
	return kv[1]
}

# Seconds since Monday 2026-11-16T00:00:00Z.
function stamp(s) {
	s = int(s)
	return sprintf("2026-11-%02dT%02d:%02d:%02dZ", 16 + int(s / 86400), int(s / 3600) % 24,
	    int(s / 60) % 60, s % 60)
}

function mention(s, outage,    who, mood, topic, queue, asks, reach, line, score) {
	id = pick("mastodon:4 x:3 bluesky:2 instagram:2 appstore:1")
	network = id
	who = int(exp(rnd() * 7.5))
	id = network ":demo:" (++serial)
	tenant = outage && rnd() < 0.9 ? "nordnetz" : pick("nordnetz:5 funkwerk:3 blitz:2")
	outage = outage && tenant == "nordnetz"
	mood = pick(outage ? "negative:8 neutral:2 positive:0.3" : "negative:3 neutral:4 positive:3")
	topic = pick("network:3 billing:3 tariff:2 service:2 shop:1 roaming:0.5")
	if (outage)
		topic = "network"
	queue = topic ~ /^(network|roaming)$/ ? "network" : topic == "billing" ? "billing" : "inbox"
	score = mood == "negative" ? -rnd() : mood == "positive" ? rnd() : rnd() * 0.4 - 0.2
	reach = int(20 + 70 * rnd() * rnd())
	direct = rnd() < 0.1
	line = sprintf("{\"type\":\"mention\",\"id\":\"%s\",\"tenant\":\"%s\",\"network\":\"%s\"," \
	    "\"channel\":\"@%s\",\"kind\":\"post\",\"created_at\":\"%s\",\"author\":{\"id\":\"%s:u%d\"," \
	    "\"handle\":\"user%d\",\"followers\":%d},\"text\":\"%s\",\"direct\":%s,\"in_reply_to\":null",
	    id, tenant, network, tenant, stamp(s), network, who, who, who * 37 % 9000 + (who == 3) * 1200000,
	    outage ? complaint : question,
	    direct ? "true" : "false")
	asks = rnd() < 0.45 || outage
	line = line sprintf(",\"class\":{\"lang\":{\"code\":\"%s\",\"p\":0.98},\"sentiment\":{\"label\":\"%s\"," \
	    "\"p\":0.9,\"score\":%.2f},\"topics\":[\"%s\"],\"keywords\":[%s],\"queries\":[]},\"score\":" \
	    "{\"priority\":%d,\"reach\":%d},\"route\":{\"queue\":\"%s\",\"due_at\":\"%s\"%s}",
	    pick("de:8 en:2 tr:0.5 pl:0.4 fr:0.3"), mood, score, topic,
	    topic == "network" ? "\"Netz\"" : topic == "billing" ? "\"Rechnung\",\"Tarif\"" : "\"Tarif\"",
	    reach, reach, queue, stamp(s + 3600), asks ? "" : ",\"action\":\"ignore\"")
	return (asks ? "A" : "-") line
}

function answer(s, outage,    line, wait) {
	line = sprintf("{\"type\":\"reply\",\"id\":\"r:%s\",\"tenant\":\"%s\",\"in_reply_to\":\"%s\"," \
	    "\"state\":\"sent\"", id, tenant, id)
	if (rnd() < 0.3) {
		print line ",\"auto\":true,\"created_at\":\"" stamp(s + 20 + 60 * rnd()) "\"}"
		if (rnd() < 0.5)
			return
	}
	if (rnd() < (outage ? 0.55 : 0.8)) {
		wait = 60 * exp(1.5 + 3 * rnd() + (outage ? 1.5 : 0))
		print line ",\"auto\":false,\"created_at\":\"" stamp(s + wait) "\"}"
	}
}

BEGIN {
	seed = 20261116
	complaint = "Seit gestern kein Netz in Kiel, was ist da los? Ich zahle doch nicht daf\\u00fcr!"
	question = "Frage zu meinem Tarif und der letzten Rechnung, kann mir jemand helfen? Danke."
	split("1 .6 .4 .3 .3 .6 1.6 3 4 4.5 4.6 4.8 5 4.6 4.4 4.5 5 6 7 7.5 7 5.5 4 2", rhythm, " ")
	for (h = 0; h < 168; h++) {
		day = int(h / 24)
		hour = h % 24
		outage = day == 4 && hour >= 18 && hour <= 21
		n = rhythm[hour + 1] * (day > 4 ? 0.7 : 1) * (outage ? (hour == 18 ? 6 : 10) : 1)
		n = int(scale * n * (0.75 + rnd() / 2) + rnd())
		while (n-- > 0) {
			s = h * 3600 + 3600 * rnd()
			line = mention(s, outage)
			asks = line ~ /^A/
			sub(/^./, "", line)
			print line "}"
			if (rnd() < 0.02)
				print line ",\"revision\":1}"
			if (rnd() < 0.01)
				printf "{\"type\":\"delete\",\"id\":\"%s\",\"tenant\":\"%s\"}\n", id, tenant
			if (asks)
				answer(s, outage)
		}
	}
}
