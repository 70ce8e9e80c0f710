#!/bin/sh
# An mbox into mentions: sme-fetch against Python's email package, which parses the same mails and
# writes their ids, senders, subjects and texts as JSON.
#
# usage: mail.sh [mails]
mails=${1:-10000}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C.UTF-8 SME_HOME="$tmp/home" SME_CONFIG=/dev/null
PATH=$(cd "$(dirname "$0")/../.." && pwd)/${B:-build}:$PATH
for tool in sme-fetch python3 jq; do
	command -v $tool >/dev/null || { echo "$tool is not there: make, scripts/deps --bench" >&2; exit 1; }
done

awk -v n="$mails" 'BEGIN {
	for (i = 0; i < n; i++)
		printf "From kim@example.org Sun Nov 22 09:30:00 2026\nReturn-Path: <kim@example.org>\n" \
		    "Received: from a.example by b.example; Sun, 22 Nov 2026 10:30:00 +0100\n" \
		    "Message-ID: <m%d@example.org>\nFrom: =?utf-8?Q?J=C3=B6rg?= <kim%d@example.org>\n" \
		    "To: help@brand.example\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= %d\n" \
		    "Date: Sun, 22 Nov 2026 10:29:58 +0100\nMIME-Version: 1.0\n" \
		    "Content-Type: multipart/alternative; boundary=b\n\n--b\n" \
		    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n" \
		    "Kein Netz in K=C3=B6ln seit gestern.\n\nAm 21.11.2026 um 14:05 schrieb Help <h@b.example>:\n" \
		    "> Haben Sie neu gestartet?\n--b\nContent-Type: text/html\n\n<p>Kein Netz</p>\n--b--\n\n",
		    i, i % 500, i
}' >"$tmp/in.mbox"

cat >"$tmp/peer.py" <<'EOP'
import sys, json, email, email.policy
def one(lines):
    m = email.message_from_bytes(b''.join(lines), policy=email.policy.default)
    body = m.get_body(('plain', 'html'))
    print(json.dumps({'id': m['message-id'], 'from': m['from'], 'subject': m['subject'],
        'date': m['date'], 'text': body.get_content()}))
lines = None
for line in open(sys.argv[1], 'rb'):
    if line.startswith(b'From '):
        if lines is not None: one(lines)
        lines = []
    else:
        lines.append(line)
one(lines)
EOP

# Seconds of processor time that a command takes.
seconds() {
	begun=$(date +%s%N)
	"$@" >"$tmp/out" || exit 1
	echo $(($(date +%s%N) - begun))
}

ours=$(seconds sme-fetch "$tmp/in.mbox")
[ "$(jq -r .id "$tmp/out" | sort -u | wc -l)" = "$mails" ] || { echo "mails are missing" >&2; exit 1; }
peer=$(seconds python3 "$tmp/peer.py" "$tmp/in.mbox")
[ "$(wc -l <"$tmp/out")" = "$mails" ] || { echo "the peer lost mails" >&2; exit 1; }
awk -v n="$mails" -v a="$ours" -v b="$peer" 'BEGIN {
	printf "sme-fetch  %8.0f mails/s\npython3    %8.0f mails/s, parsed only\nratio      %8.1f\n",
	    n / a * 1e9, n / b * 1e9, b / a
}'
