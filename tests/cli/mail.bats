#!/usr/bin/env bats
# Mailboxes in files, as operands and as accounts.  Servers are in tests/e2e/mail.bats.

bats_require_minimum_version 1.5.0

setup() {
	samples=$(cd "$BATS_TEST_DIRNAME/../../samples" && pwd)
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME=$PWD/home SME_CONFIG=/dev/null
	unset SME_SHARE
}

# mail SUBJECT [HEADER...]: one mail, its text being its subject.
mail() {
	printf 'From: Kim <kim@example.org>\nTo: help@brand.example\nMessage-ID: <%s@example.org>\nSubject: %s\nDate: Sun, 22 Nov 2026 10:29:58 +0100\n' "$1" "$1"
	printf '%s\n' "${@:2}"
	printf '\n%s\n' "$1"
}

mbox() {
	for subject; do
		printf 'From kim@example.org Sun Nov 22 09:30:00 2026\n'
		mail "$subject"
		echo
	done
}

subjects() {
	jq -r 'select(.type == "mention") | .title' | tr '\n' ' '
}

@test "a mailbox is known by its content" {
	sme-fetch "$samples/inbox.mbox" >out
	[ "$(jq -r '[.id, .title, .author.name, .thread, (.auto // false | tostring)] | join("|")' out)" = "$(cat <<-'E'
		email:inbox:20261122.0812.kim@mail.example|Kein Netz in Köln-Ehrenfeld|Kim Vogel|email:inbox:20261122.0812.kim@mail.example|false
		email:inbox:b77d@post.example|AW: Re: Rechnung Oktober|Brandt, Jonas|email:inbox:b40a@post.example|false
		email:inbox:away-5512@post.example|Out of office|Lena Roth|email:inbox:away-5512@post.example|true
	E
	)" ]
	[ "$(jq -r .text out | tail -n 2)" = "I am away until Monday.
From then on I answer my mail again." ]
	[ "$(jq -c 'select(.ref.attachments != []) | .ref.attachments' out)" = \
		'[{"name":"Rechnung Oktober.pdf","type":"application/pdf","size":27,"sha256":"03f7d140130db6c36b6dba4d6254da0b3c333319213933f9d40a2fa2fff67d5c"}]' ]
	# Nothing is kept of an operand, and no vault is asked for.
	[ ! -e home ]
}

@test "gzip, standard input, a Maildir, a folder, a single mail" {
	mbox 1 2 3 | gzip >a.mbox.gz
	[ "$(sme-fetch a.mbox.gz | subjects)" = '1 2 3 ' ]
	[ "$(mbox 4 5 | sme-fetch --type mail - | subjects)" = '4 5 ' ]
	mkdir -p md/cur md/new md/tmp folder
	mail 6 >md/new/1
	mail 7 >md/cur/2:2,S
	mail 8 >md/cur/3:2,SD
	mail 9 >md/tmp/4
	[ "$(sme-fetch md | subjects)" = '6 7 ' ]
	mail 10 >folder/a.eml
	mail 11 >folder/b.eml
	[ "$(sme-fetch folder | subjects)" = '10 11 ' ]
	[ "$(sme-fetch folder/a.eml | subjects)" = '10 ' ]
	[ "$(sme-fetch --tenant t --channel c --network post folder/a.eml | jq -r '[.tenant, .channel, .id] | join(" ")')" = \
		't c post:a:10@example.org' ]
}

@test "what is no mail is read as before, or refused" {
	printf 'text,author\nhello,kim\n' >a.csv
	printf 'From: the start\nof a letter\n' >letter.txt
	[ "$(sme-fetch a.csv | jq -r .text)" = hello ]
	run --separate-stderr sme-fetch --type mail letter.txt
	[ "$status" = 65 ]
	[[ $stderr == *'letter.txt: no mail: expected an mbox, a Maildir or a mail' ]]
	run --separate-stderr sme-fetch --type mial letter.txt
	[ "$status" = 64 ]
	[[ $stderr == *'--type: expected feed, csv, ndjson or mail, got "mial"'* ]]
	mkdir empty
	run --separate-stderr sme-fetch empty
	[ "$status" = 66 ]
	[[ $stderr == *'Is a directory' ]]
}

@test "what cannot be read is told, and the rest is read" {
	mkdir bad
	mail 1 >bad/1.eml
	mail 2 | gzip | head -c 60 >bad/2.eml
	mail 3 >bad/3.eml
	run --separate-stderr sme-fetch bad
	[ "$status" = 65 ]
	[ "$(subjects <<<"$output")" = '1 3 ' ]
	[ "$stderr" = 'sme-fetch: bad: the file 2.eml cannot be read' ]
	for i in $(seq 2000); do mbox "$i"; done | gzip >whole.mbox.gz
	head -c 9000 whole.mbox.gz >cut.mbox.gz
	run --separate-stderr sme-fetch cut.mbox.gz
	[ "$status" = 65 ]
	[[ $stderr == *'cut.mbox.gz: damaged gzip data' ]]
	[ "$(jq -s length <<<"$output")" -gt 100 ]
}

@test "nothing in a mail reaches the terminal or the JSON around it" {
	printf 'From: "\033]0;x\007\\"}" <a@b.example>\nSubject: \033[2J"},{"type":"alert\nTo: x\n\n\033[31m{secret:password}\n' >a.eml
	sme-fetch a.eml >out
	[ "$(wc -l <out)" = 1 ]
	jq -e '.type == "mention" and .text == "[31m{secret:password}"' out
	run ! grep -q "$(printf '\033')" out
}

configure() {
	echo "{sources: [{name: \"post\", connector: \"email\", handle: \"help@brand.example\",
		channel: \"post\", settings: {mailbox: \"$1\", limit: 2}}]}" >sme.jq
	export SME_CONFIG=$PWD/sme.jq
}

@test "a mailbox of the configuration goes on where it was; no vault is needed" {
	configure in.mbox
	mbox 1 2 3 >in.mbox
	[ "$(sme-fetch -s post | subjects)" = '1 2 3 ' ]
	[ "$(sme-fetch -s post | subjects)" = '' ]
	mbox 4 >>in.mbox
	[ "$(sme-fetch -s post | subjects)" = '4 ' ]
	mbox 3 4 5 >in.mbox
	sme-fetch -s post >out
	[ "$(subjects <out)" = '3 4 5 ' ]
	[ "$(jq -r 'select(.type == "coverage").gaps[].reason' out)" = 'the mbox was rewritten' ]
	[ "$(sme-fetch -s post | jq -c 'select(.type == "coverage").gaps')" = '[]' ]
	rm in.mbox
	run --separate-stderr sme-fetch -s post
	[ "$status" = 66 ]
	[[ $stderr == *'in.mbox: No such file or directory' ]]
}

@test "a Maildir of the configuration" {
	configure md
	mkdir -p md/cur md/new md/tmp
	for i in 1 2 3 4 5; do mail $i >md/new/$i; done
	[ "$(sme-fetch -s post | subjects)" = '1 2 3 4 5 ' ]
	mv md/new/2 md/cur/2:2,S
	mail 6 >md/new/6
	[ "$(sme-fetch -s post | subjects)" = '6 ' ]
}

@test "what our own address wrote is a reply, and a bounce says that one has failed" {
	configure in.mbox
	{
		mbox 1
		printf 'From x Sun Nov 22 09:30:00 2026\n'
		mail answer 'In-Reply-To: <1@example.org>' | sed 's/^From: .*/From: HELP@brand.example/'
		printf '\nFrom x Sun Nov 22 09:30:00 2026\nReturn-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: failure\n'
		printf 'Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nno\n'
		printf -- '--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n'
		printf 'Final-Recipient: rfc822; kim@example.org\nAction: failed\nStatus: 5.1.1\n'
		printf -- '--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <5eedc0ffee-0@brand.example>\n--b--\n'
	} >in.mbox
	sme-fetch -s post >out
	[ "$(jq -r 'select(.type != "coverage") | [.type, .id, .state // "", .part_key // ""] | join(" ")' out)" = "$(printf '%s\n' \
		'mention email:help@brand.example:1@example.org  ' \
		'reply email:help@brand.example:answer@example.org sent ' \
		'reply email:help@brand.example:5eedc0ffee-0@brand.example failed 5eedc0ffee-0')" ]
}
