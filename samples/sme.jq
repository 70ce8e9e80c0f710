# Three brands of one telephone company: Talvio (everybody), Wuppdi (prepaid, young) and Kontorlink
# (business).  Try it:  sme-route --check-config -c samples/sme.jq

include "here";		# def web: where the feeds are
include "tone";		# what the brands say: outage, closed, drafts

def weekdays($span): {mon: [$span], tue: [$span], wed: [$span], thu: [$span], fri: [$span]};

# Conditions are texts, so functions can write them.
def topic($name): "any(.class.topics[]?; . == \"\($name)\")";
def query($name): "any(.class.queries[]?; . == \"\($name)\")";
def both($a; $b): "(\($a)) and (\($b))";
def sentiment($mood): ".class.sentiment.label == \"\($mood)\"";

# The team lead switched the acknowledgement on at 19:15 in Berlin, and off when all was well.  Reviews
# and the forum come in once a day, which is too late for "we are working on it".
def incident: "(.network | IN(\"reviews\", \"forum\") | not) and .created_at >= \"2026-11-20T18:15:00Z\" and .created_at < \"2026-11-20T21:36:00Z\"";

# Is it meant for us?  A page, a private message, a review, the forum, or our name with an @.
def addressed($brand): ".direct or (.network | IN(\"facebook\", \"reviews\", \"forum\"))
	or ((.text // \"\") | ascii_downcase | contains(\"@\($brand)\"))";

# What all brands search for, in seven languages.  A topic may be a query of any size.
def topics: {
	outage: "\"kein netz\" OR \"keinen empfang\" OR \"kein empfang\" OR keeeein OR ausfall OR ausgefallen
		OR (netz NEAR/4 (weg OR tot OR gestört OR zurück)) OR störung OR talviodown OR notruf* OR \"ohne netz\"
		OR outage OR \"no signal\" OR \"no service\" OR \"no network\" OR \"everything down\" OR offline
		OR (réseau NEAR/3 (plus OR panne OR sans)) OR panne OR \"sin cobertura\" OR \"sin red\"
		OR \"senza rete\" OR \"non ho rete\" OR (zasięgu NEAR/2 mam) OR awaria OR \"bez sieci\" OR (şebeke NEAR/2 (yok OR gitti OR çöktü))
		OR nur NEAR/2 notrufe OR (wie NEAR/0f lange) OR (noch NEAR/1f (nix OR tot OR nichts OR nüscht))",
	network: "netz OR dsl OR internet OR glasfaser OR empfang OR leitung OR ping OR balken OR faser
		OR fibre OR fiber OR signal OR coverage OR speedtest OR fibra OR światłowód OR internetim",
	router: "router OR \"box 3\" OR talviobox OR neustart* OR reboot* OR bridge OR wlan OR \"redémarre*\" OR reinici*",
	app: "app OR appli OR aplikacja OR uygulama OR \"*101\" OR esim",
	billing: "rechnung* OR abgebucht OR mahn* OR lastschrift OR gutschrift OR guthaben OR erstatt* OR bill OR billed OR invoice
		OR overdue OR refund OR facture* OR facturé OR factura OR bolletta OR fattura OR rachunek OR rachunku OR faktura OR fatura* OR abo",
	cancel: "kündig* OR gekündigt OR widerruf* OR (wechsle NEAR/3 trotzdem) OR anwalt OR \"cambio operatore\" OR cancel",
	order: "umzug OR umziehe OR wechsel* OR bestell* OR neuvertrag OR portierung OR \"nummer behalten\" OR contract OR migration
		OR \"weg von quarvo\" OR \"von quarvo weg\" OR geçiş",
	fraud: "betrug* OR betrüger* OR phishing OR passwort OR \"konto gesperrt\" OR scam OR fraud OR (link NEAR/6 (geklickt OR echt))",
	competitor: "quarvo OR quarvoleak"
};

def keywords: ["kein Netz", "Gutschrift", "Glasfaser", "Box 3", "Hotline", "23:40", "Waschbär", "Datenleck", "#talviodown", "#quarvoleak"];

# Who should answer what, and by when.  The first rule that holds decides.
def rules($brand): [
	{name: "spam", when: "(.score.bot // 0) >= 0.95 or \(query("spam"))", queue: "listening", action: "ignore"},
	{name: "people at risk", when: both(query("risk"); addressed($brand)), queue: "lead", sla: "15m", priority: 30},
	{name: "fraud", when: both(topic("fraud"); addressed($brand)), queue: "security", sla: "15m", priority: 20},
	{name: "thanks", when: "(.in_reply_to != null or .direct) and (\(sentiment("positive")) or \(query("thanks")))
		and (.text | test(\"[?]|rechnung\"; \"i\") | not)", queue: "community", action: "ignore"},
	{name: "competitor", when: both(topic("competitor"); "(\(addressed($brand))) | not"),
		queue: "listening", action: "ignore"},
	{name: "big audience", when: "(.score.reach // 0) >= 90", queue: "lead", sla: "30m", priority: 15, action: "hold"},
	{name: "outage", when: both(topic("outage"); addressed($brand)), queue: "network", skills: ["outage"],
		sla: "30m", priority: 10, action: "ack"},
	{name: "only heard", when: "(\(addressed($brand))) | not", queue: "listening", action: "ignore"},
	{name: "cancel", when: topic("cancel"), queue: "retention", priority: 10},
	{name: "billing", when: topic("billing"), queue: "billing"},
	{name: "praise", when: "\(sentiment("positive")) and (.text | test(\"[?]\") | not)", queue: "community"},
	{name: "device", when: "\(topic("router")) or \(topic("app"))", queue: "device"},
	{name: "network", when: topic("network"), queue: "network"},
	{name: "order", when: topic("order"), queue: "sales"},
	{name: "chatter", when: "(.direct | not) and (.text | test(\"[?]\") | not) and (\(sentiment("negative")) | not)",
		queue: "community", action: "ignore"}
];

# The slower a queue may be, the longer its time: $factor 1 for everybody, less for business customers.
def queues($minutes): [
	{name: "inbox", sla: "\(8 * $minutes)m"},
	{name: "network", skills: ["network"], sla: "\(2 * $minutes)m"},
	{name: "device", skills: ["device"], sla: "\(4 * $minutes)m"},
	{name: "billing", skills: ["billing"], sla: "\(8 * $minutes)m"},
	{name: "retention", skills: ["contracts"], sla: "\(2 * $minutes)m"},
	{name: "sales", skills: ["contracts"], sla: "\(4 * $minutes)m"},
	{name: "security", skills: ["fraud"], sla: "15m"},
	{name: "lead", skills: ["lead"], sla: "30m"},
	{name: "community", sla: "1d"},
	{name: "listening"}
];

# {de: "...", en: "..."} becomes one snippet a language.
def snippets($name; $texts; $more):
	$texts | to_entries | map({name: "\($name)-\(.key)", lang: .key, text: .value} + $more);

def phrasebook($tone):
	snippets("outage"; outage[$tone]; {when: both(".route.rule == \"outage\""; incident), auto: true})
	+ [drafts[$tone] | to_entries[] | snippets(.key; .value;
		{when: (if .key == "praise" then ".route.rule == \"praise\"" else both(topic(.key); "(\(sentiment("positive")) | not)") end)})[]]
	+ snippets("closed"; closed[$tone]; {when: ".direct and .route.after_hours and .in_reply_to == null", auto: true});

def brand($id; $name; $tone): {
	name: $name,
	timezone: "Europe/Berlin",
	accounts: ["@\($id)"],
	languages: ["de", "en", "fr", "es", "it", "pl", "tr"],
	holidays: ["DE-BE", "2026-12-24", "2026-12-31"],	# all public ones of Berlin, and two of our own
	rules: rules($id),
	snippets: phrasebook($tone),
	vars: {order: "https://\($id).example/wechsel", status: "https://\($id).example/stoerung"}
};

{
	tenants: {
		talvio: (brand("talvio"; "Talvio"; "sie") + {
			hours: (weekdays("08:00-20:00") + {sat: ["09:00-16:00"]}),
			queues: queues(60)
		} | .vars.phone = "+49 30 23125 112"),

		wuppdi: (brand("wuppdi"; "Wuppdi"; "du") + {
			hours: (weekdays("09:00-21:00") + {sat: ["09:00-21:00"]}),
			queues: queues(90)
		} | .vars += {phone: "+49 30 23125 222", name: "du"}),	# where a name does not look like one

		kontorlink: (brand("kontorlink"; "Kontorlink"; "sie") + {
			hours: weekdays("08:00-18:00"),
			queues: queues(30),
			topics: {telephony: "rufnummer* OR sip OR trunk* OR nebenstelle* OR anlage OR zentrale OR portierung"},
			score: {topics: {telephony: 5}}	# a business that cannot be called loses money
		} | .vars.phone = "+49 30 23125 333")
	},

	topics: topics,
	keywords: keywords,
	queries: {
		risk: "pflegedienst OR notfall OR herzkrank OR schwanger OR hamile OR bereitschaft OR \"nurse\" OR feuerwehr OR (kind NEAR/4 allein) OR krankenhaus OR klinik",
		spam: "gratis handy OR author:bot_* OR site:dealradar.example OR schadenersatz sichern OR entschädigung NEAR/6 iban OR \"talvio coin\"
			OR author:dealradar24 OR author:tarif_hero_77 OR author:talvio_hilfe_team",
		thanks: "danke OR dank OR thanks OR thank OR merci OR gracias OR grazie OR dzięki OR dziękuję OR teşekkür*",
		sarcasm: "\"vielen dank auch\" OR \"na toll\" OR glückwunsch OR complimenti OR \"wunderbare kombi\" OR 🙃 OR 👏👏👏",
		influencer: "author:tilda_technik OR tilda"
	},
	score: {
		topics: {outage: 10, fraud: 15, cancel: 5},
		queries: {risk: 20},
		urgency: {
			words: {"dringend": 0.7, "sofort": 0.7, "urgente": 0.7, "urgent": 0.7, "acil": 0.8, "pilne": 0.7, "pilnego": 0.7, "vite": 0.5},
			queries: {risk: 0.9},
			topics: {fraud: 0.6, outage: 0.4}
		}
	},

	# The exports name tenant and network in each event; the others are told here.
	sources: [
		{name: "social", type: "ndjson", path: "social.ndjson"},
		{name: "messages", type: "ndjson", path: "messages.ndjson.gz"},
		{name: "reviews", type: "csv", path: "reviews.csv", network: "reviews", channel: "urteil.example", kind: "review",
			map: {id: "Nr", created_at: "Datum", tenant: "Marke", "author.name": "Name", title: "Titel",
				text: "Bewertung", url: "Link", date_format: "%d.%m.%Y %H:%M", timezone: "Europe/Berlin"}},
		{name: "forum", type: "feed", url: "\(web)/forum.rss", tenant: "talvio", network: "forum", channel: "forum.talvio.example", lang: "de"},
		{name: "news", type: "feed", url: "\(web)/news.atom", tenant: "talvio", network: "news", channel: "netzmagazin.example", kind: "article"}
	],

	publish: {outbox: "outbox"}
}
