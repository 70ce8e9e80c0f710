# What a telephone system exports, as mentions: `sme-fetch -c samples/calls.jq --all`.
{
	sources: [{
		name: "calls", type: "csv", path: "calls.csv",
		tenant: "talvio", network: "phone", kind: "call",
		map: {
			id: "Anruf", created_at: "Beginn", "author.handle": "Rufnummer", "author.name": "Anrufer",
			channel: "Leitung", direct: "Vertraulich", text: "Notiz",
			date_format: "%d.%m.%Y %H:%M:%S", timezone: "Europe/Berlin"
		}
	}]
}
