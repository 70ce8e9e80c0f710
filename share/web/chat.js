/* The web chat of sme-hook(1).  All text is put in as text, never as HTML. */
"use strict";

const words = {
	en: {
		welcome: "Write to us here. We answer in this window.", label: "Your message", send: "Send",
		online: "connected", offline: "no connection, trying again …", sending: "sending …",
		failed: "not sent", again: "Send again", you: "You", team: "Team", gone: "This answer was taken back.",
		edited: "edited", expired: "Your session has ended. Please open the chat again.",
		closed: "Please log in to write to us.", long: "At most {n} characters; {m} too many.",
		slow: "Too many messages at once. Please wait a little.", image: "Image", video: "Video",
		audio: "Audio", file: "File"
	},
	de: {
		welcome: "Schreiben Sie uns hier. Die Antwort erscheint in diesem Fenster.", label: "Ihre Nachricht",
		send: "Senden", online: "verbunden", offline: "keine Verbindung, neuer Versuch …", sending: "wird gesendet …",
		failed: "nicht gesendet", again: "Noch einmal senden", you: "Sie", team: "Team",
		gone: "Diese Antwort wurde zurückgenommen.", edited: "geändert",
		expired: "Ihre Sitzung ist abgelaufen. Bitte öffnen Sie den Chat neu.",
		closed: "Bitte melden Sie sich an, um uns zu schreiben.", long: "Höchstens {n} Zeichen; {m} zu viel.",
		slow: "Zu viele Nachrichten auf einmal. Bitte warten Sie kurz.", image: "Bild", video: "Video",
		audio: "Audio", file: "Datei"
	}
};
const lang = (navigator.language || "en").toLowerCase().startsWith("de") ? "de" : "en";
/* Dates as people of that country write them, in the language of the page. */
const locale = (navigator.language || "").toLowerCase().startsWith(lang) ? navigator.language : "en-GB";
const say = words[lang];
const at = (id) => document.getElementById(id);
const store = `sme-chat:${location.pathname}`;
let token = "", info = {guests: false, text_max: 4000}, last = "0", day = "", wait = 1000;
const shown = new Map(); /* id of an entry, or client id of one on its way → its element */

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/* A private window may forbid the store. */
const recall = () => { try { return localStorage.getItem(store) || ""; } catch { return ""; } };
const remember = (value) => { try { value ? localStorage.setItem(store, value) : localStorage.removeItem(store); } catch { /* then for this page only */ } };

function state(text, bad) {
	at("state").textContent = text;
	at("state").className = bad ? "bad" : "";
}

function close(text) {
	state(text, true);
	at("text").disabled = at("send").disabled = true;
}

const call = (path, options = {}) => fetch(path, {
	...options, cache: "no-store", credentials: "omit",
	headers: {...(token ? {Authorization: `Bearer ${token}`} : {}), ...options.headers}
});

/* ---- the conversation ---- */

function element(name, className, text) {
	const e = document.createElement(name);
	if (className) e.className = className;
	if (text !== undefined) e.textContent = text;
	return e;
}

function put_media(bubble, media) {
	for (const m of media || []) {
		if (!/^https?:\/\//.test(m.url)) continue;
		const a = element("a", "", `${say[m.type] || say.file}: ${m.alt || m.url}`);
		a.href = m.url;
		a.rel = "noopener noreferrer nofollow";
		a.target = "_blank";
		if (bubble.textContent) bubble.append("\n");
		bubble.append(a);
	}
}

function fill(li, entry, note) {
	const bubble = element("div", "bubble", entry.text || "");
	const meta = element("p", "meta");
	const time = element("time", "", new Date(entry.created_at).toLocaleTimeString(locale, {hour: "2-digit", minute: "2-digit"}));

	put_media(bubble, entry.media);
	time.dateTime = entry.created_at;
	meta.append(`${entry.from === "user" ? say.you : entry.author || say.team}, `, time);
	if (note) meta.append(`, ${note}`);
	li.className = `entry ${entry.from}`;
	li.replaceChildren(bubble, meta);
}

function put_day(created) {
	const text = new Date(created).toLocaleDateString(locale, {weekday: "long", day: "numeric", month: "long"});
	if (text === day) return;
	day = text;
	at("thread").append(element("li", "day", text));
}

function to_end() {
	at("scroll").scrollTop = at("scroll").scrollHeight;
}

function add(entry) {
	const li = element("li");
	put_day(entry.created_at);
	fill(li, entry);
	at("thread").append(li);
	return li;
}

function change(entry) {
	const li = shown.get(entry.edits || entry.deletes);
	if (!li) return;
	if (entry.edits) {
		fill(li, {...li.entry, text: entry.text}, say.edited);
	} else {
		li.className = "entry agent gone";
		li.querySelector(".bubble").textContent = say.gone;
	}
}

function take(entry) {
	last = entry.id;
	if (shown.has(entry.id)) return;
	if (entry.edits || entry.deletes) {
		change(entry);
		return;
	}
	let li = entry.client_id && shown.get(entry.client_id);
	if (li) fill(li, entry);
	else li = add(entry);
	li.entry = entry;
	shown.set(entry.id, li);
	to_end();
}

/* ---- what comes ---- */

async function read_stream(body) {
	const reader = body.pipeThrough(new TextDecoderStream()).getReader();
	let text = "";
	for (;;) {
		const {value, done} = await reader.read();
		if (done) return;
		text += value;
		const events = text.split("\n\n");
		text = events.pop();
		for (const event of events)
			for (const line of event.split("\n"))
				if (line.startsWith("data: ")) take(JSON.parse(line.slice(6)));
	}
}

async function listen() {
	for (;;) {
		try {
			const answer = await call("messages", {headers: {Accept: "text/event-stream", "Last-Event-ID": last}});
			if (answer.status === 401) {
				remember("");
				return close(say.expired);
			}
			if (!answer.ok) throw new Error(answer.status);
			state(say.online);
			wait = 1000;
			await read_stream(answer.body);
		} catch {
			state(say.offline, true);
		}
		await sleep(wait * (0.5 + Math.random()));
		wait = Math.min(wait * 2, 30000);
	}
}

/* ---- what goes ---- */

function failed(li, entry, why) {
	const button = element("button", "", say.again);
	button.type = "button";
	button.addEventListener("click", () => post(li, entry));
	li.className = "entry user failed";
	li.querySelector(".meta").replaceChildren(why, " ", button);
}

/* The same id each time: however often it is sent, it arrives once. */
async function post(li, entry) {
	fill(li, entry, say.sending);
	li.classList.add("pending");
	for (let n = 0; n < 4; n++) {
		try {
			const answer = await call("messages", {
				method: "POST", headers: {"Content-Type": "application/json"},
				body: JSON.stringify({id: entry.client_id, text: entry.text})
			});
			if (answer.ok) {
				const {id} = await answer.json();
				fill(li, entry);
				li.entry = entry;
				shown.set(id, li);
				return;
			}
			if (answer.status === 401) { failed(li, entry, say.failed); return close(say.expired); }
			if (answer.status === 429) return failed(li, entry, say.slow);
			if (answer.status < 500) break;
		} catch { /* no connection */ }
		await sleep(1000 * 2 ** n);
	}
	failed(li, entry, say.failed);
}

function check() {
	const over = [...at("text").value].length - info.text_max;
	at("hint").textContent = over > 0 ? say.long.replace("{n}", info.text_max).replace("{m}", over) : "";
	at("hint").className = over > 0 ? "bad" : "";
	return over <= 0 && at("text").value.trim() !== "";
}

function grow() {
	const t = at("text");
	t.style.height = "auto";
	t.style.height = `${t.scrollHeight + 2}px`;
}

function submit(event) {
	event.preventDefault();
	if (!check() || at("send").disabled) return;
	const random = crypto.getRandomValues(new Uint8Array(16));
	const entry = {
		from: "user", text: at("text").value.trim(), created_at: new Date().toISOString(),
		client_id: [...random].map((b) => b.toString(16).padStart(2, "0")).join("")
	};
	const li = add(entry);
	shown.set(entry.client_id, li);
	to_end();
	post(li, entry);
	at("text").value = "";
	grow();
	at("text").focus();
}

/* ---- the beginning ---- */

/* From behind "#token=", which browsers never send; then as a guest that was here before, or a new one. */
async function find_token() {
	const given = new URLSearchParams(location.hash.slice(1)).get("token");
	if (given) {
		history.replaceState(null, "", location.pathname);
		return given;
	}
	if (recall() || !info.guests) return recall();
	const answer = await call("guest", {method: "POST"});
	const guest = answer.ok ? (await answer.json()).token : "";
	remember(guest);
	return guest;
}

async function begin() {
	document.documentElement.lang = lang;
	at("welcome").textContent = say.welcome;
	at("label").textContent = say.label;
	at("send").textContent = say.send;
	at("form").addEventListener("submit", submit);
	at("text").addEventListener("input", () => { check(); grow(); });
	at("text").addEventListener("keydown", (e) => {
		if (e.key === "Enter" && !e.shiftKey && !e.isComposing) submit(e);
	});
	for (;;) {
		try {
			info = await (await call("info")).json();
			document.title = at("title").textContent = info.title;
			token = await find_token();
			break;
		} catch {
			state(say.offline, true);
			await sleep(3000);
		}
	}
	return token ? listen() : close(say.closed);
}

begin();
