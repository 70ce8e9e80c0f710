// A whole AT Protocol network for the tests: directory, PDS and AppView on three ports in a row.
// usage: BASE_PORT=N DB_URL=postgresql://... node bluesky.js
// Prints the address of the PDS when all of it answers.
const { TestPlc, TestPds, TestBsky, mockNetworkUtilities } = require('@atproto/dev-env')

async function main() {
	const port = Number(process.env.BASE_PORT)
	const plc = await TestPlc.create({ port })
	const appview = await TestBsky.create({
		port: port + 2,
		plcUrl: plc.url,
		pdsPort: port + 1,
		repoProvider: `ws://localhost:${port + 1}`,
		dbPostgresUrl: process.env.DB_URL,
		dbPostgresSchema: 'bsky',
		modServiceDid: 'did:example:nobody',
		labelsFromIssuerDids: [],
	})
	const pds = await TestPds.create({
		port: port + 1,
		hostname: 'localhost',
		didPlcUrl: plc.url,
		bskyAppViewUrl: appview.url,
		bskyAppViewDid: appview.ctx.cfg.serverDid,
	})
	mockNetworkUtilities(pds, appview)
	process.on('SIGTERM', async () => {
		await appview.close()
		await pds.close()
		await plc.close()
		process.exit(0)
	})
	console.log(`listening at ${pds.url}`)
}

main().catch((e) => {
	console.error(e)
	process.exit(1)
})
