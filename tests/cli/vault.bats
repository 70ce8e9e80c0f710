#!/usr/bin/env bats
# sme-vault as a stranger uses it.
bats_require_minimum_version 1.5.0

setup() {
	PATH="$BATS_TEST_DIRNAME/../../${B:-build}:$PATH"
	unset CREDENTIALS_DIRECTORY
	export LC_ALL=C SME_CONFIG=/dev/null SME_HOME="$BATS_TEST_TMPDIR/home"
	cd "$BATS_TEST_TMPDIR" || return
	tools=$(dirname "$(command -v sme-vault)")/tools
}

# at_terminal INPUT COMMAND: run it at a terminal where INPUT is typed, a line when it is asked for one.
at_terminal() {
	rm -f typed screen
	mkfifo typed
	: >screen
	script -qfec "$2" screen <typed >/dev/null &
	pid=$!
	exec 8>typed
	asked=0
	while IFS= read -r line; do
		asked=$((asked + 1))
		for _ in $(seq 400); do
			[ "$(grep -o '[a-z]: ' screen | wc -l)" -ge $asked ] && break
			sleep 0.02
		done
		printf '%s\n' "$line" >&8
	done <<<"$1"
	wait $pid
	status=$?
	exec 8>&-
	sed '1d;$d' screen
	return $status
}

@test "what is put is what is got, byte for byte" {
	sme-vault init
	[ "$(stat -c %a home/vault home/vault.key home/vault.audit home | paste -sd ' ')" = '600 600 600 700' ]
	printf 's3cret\n' | sme-vault put --tenant talvio talvio-mastodon access_token
	[ "$(sme-vault get --tenant talvio talvio-mastodon access_token)" = s3cret ]
	printf '  a "b" \\ \303\244\nsecond line ' | sme-vault put odd
	[ "$(sme-vault get odd secret; echo .)" = "$(printf '  a "b" \\ \303\244\nsecond line \n.')" ]
	[ "$(sme-vault get odd)" = '{"secret":"  a \"b\" \\ ä\nsecond line "}' ]
	echo ' {"access_token":"a\u00e4\/\n","n":12345678901234567890,"refresh_token":"r"} ' | sme-vault put obj
	[ "$(sme-vault get obj)" = '{"access_token":"aä/\n","n":"12345678901234567890","refresh_token":"r"}' ]
	# Merged, and nothing is replaced by nothing.
	echo '{"access_token":"b","refresh_token":""}' | sme-vault put obj
	[ "$(sme-vault get obj)" = '{"access_token":"b","n":"12345678901234567890","refresh_token":"r"}' ]
	run sme-vault put obj n </dev/null
	[ "$status" -eq 65 ]
	[ "$(sme-vault get obj n)" = 12345678901234567890 ]
	run ! grep -aq s3cret home/*
}

@test "what cannot be put is refused, and changes nothing" {
	sme-vault init
	cp home/vault before
	for bad in '{"a":' '{"a":null}' '{"a":{"b":"c"}}' '{}' '{"a":["x"]}' '{"expires_at":"soon"}' '{"":"x"}' ''; do
		run sme-vault put x <<<"$bad"
		echo "$bad: $status $output"
		[ "$status" -eq 65 ]
	done
	run sme-vault put x < <(printf 'a\0b')
	[ "$status" -eq 65 ]
	run sme-vault put x < <(head -c 300000 /dev/zero | tr '\0' x)
	[ "$status" -eq 65 ]
	run sme-vault put "$(printf 'a\nb')" <<<x
	[ "$status" -eq 65 ]
	cmp before home/vault
	run sme-vault put
	[ "$status" -eq 64 ]
	run sme-vault put a b c <<<x
	[ "$status" -eq 64 ]
}

@test "entries belong to tenants" {
	sme-vault init
	sme-vault put --tenant a same <<<'of a'
	sme-vault put --tenant b same <<<'of b'
	sme-vault put --tenant b other <<<'of b'
	[ "$(sme-vault get --tenant a same secret)" = 'of a' ]
	run sme-vault get --tenant a other
	[ "$status" -eq 77 ]
	[[ $output == *"is another tenant's entry"* ]]
	run sme-vault get same
	[ "$status" -eq 77 ]
	run sme-vault get --tenant a none
	[ "$status" -eq 66 ]
	[[ $output == *'sme-vault put --tenant a none'* ]]
	run sme-vault get --tenant a same none
	[ "$status" -eq 66 ]
	[ "$(sme-vault list --tenant a | jq -r .name)" = same ]
	[ "$(sme-vault list | jq -r '.tenant + "/" + .name' | paste -sd ' ')" = 'a/same b/other b/same' ]
}

@test "rm takes away an entry, or a field" {
	sme-vault init
	echo '{"a":"1","b":"2"}' | sme-vault put x
	sme-vault put y <<<3
	sme-vault rm x a
	[ "$(sme-vault get x)" = '{"b":"2"}' ]
	run sme-vault rm x a
	[ "$status" -eq 66 ]
	sme-vault rm x
	run sme-vault get x
	[ "$status" -eq 66 ]
	run sme-vault rm x
	[ "$status" -eq 66 ]
	[ "$(sme-vault get y secret)" = 3 ]
}

@test "list shows no secret, and warns of what expires" {
	sme-vault init
	echo '{"token":"planted"}' | sme-vault put --tenant t --expires 2027-01-31T00:00:00Z x
	sme-vault put --tenant t y <<<planted
	run --separate-stderr sme-vault list --now 2027-01-20T00:00:00Z
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[[ $output != *planted* ]]
	[ "$(jq -c '[.name,.fields,.expires_at]' <<<"$output" | paste -sd ' ')" = \
		'["x",["expires_at","token"],"2027-01-31T00:00:00Z"] ["y",["secret"],null]' ]
	sme-vault list --now 2027-01-10T00:00:00Z --warn 14d
	run --separate-stderr sme-vault list --now 2027-01-20T00:00:00Z --warn 14d
	[ "$status" -eq 1 ]
	[ "$stderr" = 'sme-vault list: x of tenant t expires at 2027-01-31T00:00:00Z' ]
	run --separate-stderr sme-vault list --now 2027-02-20T00:00:00Z --warn 0s
	[ "$status" -eq 1 ]
	[[ $stderr == *'has expired at'* ]]
	run sme-vault put --expires tomorrow z <<<x
	[ "$status" -eq 65 ]
	# What is renewed without a person's help is no reason, what that needs is.
	sme-vault rm --tenant t x
	echo '{"access_token":"a","refresh_token":"r","expires_at":"2027-01-01T00:00:00Z"}' | sme-vault put s
	sme-vault list --now 2027-01-20T00:00:00Z --warn 14d
	sme-vault put s refresh_token_expires_at <<<2027-02-01T00:00:00Z
	run --separate-stderr sme-vault list --now 2027-01-20T00:00:00Z --warn 14d
	[ "$status" -eq 1 ]
	[ "$stderr" = 'sme-vault list: s of tenant default expires at 2027-02-01T00:00:00Z' ]
}

@test "a wrong key, a cut and an altered file are told apart, and nothing is lost" {
	sme-vault init
	sme-vault put x <<<planted
	cp home/vault good
	sme-vault init --vault elsewhere --key-file other.key
	run sme-vault get --key-file other.key x
	[ "$status" -eq 77 ]
	[[ $output == *'other.key does not open it' ]]
	run sme-vault put --key-file other.key x <<<new
	[ "$status" -eq 77 ]
	cmp good home/vault
	run sme-vault get --key-file nowhere x
	[ "$status" -eq 66 ]
	for n in 0 7 50 87 88 100 120; do
		head -c $n good >home/vault
		run sme-vault put x <<<new
		echo "$n: $status $output"
		[ "$status" -eq 65 ]
		[ "$(stat -c %s home/vault)" -eq $n ]
	done
	printf 'X' | cat good - >home/vault
	run sme-vault get x
	[ "$status" -eq 65 ]
	{ head -c 100 good; printf '\377'; tail -c +102 good; } >home/vault
	run sme-vault get x
	[ "$status" -eq 65 ]
	[[ $output == *'altered or damaged'* ]]
	run sme-vault rotate
	[ "$status" -eq 65 ]
	cp good home/vault
	[ "$(sme-vault get x secret)" = planted ]
	run sme-vault init
	[ "$status" -eq 73 ]
	cmp good home/vault
	rm home/vault
	run sme-vault get x
	[ "$status" -eq 66 ]
	[[ $output == *'sme-vault init'* ]]
}

@test "a key file that others may read is refused" {
	sme-vault init
	sme-vault put x <<<planted
	for mode in 640 604 660; do
		chmod $mode home/vault.key
		run sme-vault get x
		[ "$status" -eq 77 ]
		[[ $output == *'chmod 600'* ]]
	done
	chmod 400 home/vault.key
	sme-vault get x
	mkdir dir
	run sme-vault get --key-file dir x
	[ "$status" -eq 77 ]
	: >empty
	chmod 600 empty
	run sme-vault get --key-file empty x
	[ "$status" -eq 77 ]
	echo 'no key' >text
	chmod 600 text
	run sme-vault get --key-file text x
	[ "$status" -eq 77 ]
	[[ $output == *'64 hexadecimal digits'* ]]
}

@test "the key: from sme.jq, a credential, a descriptor, the keyring" {
	mkdir conf cred
	echo '{vault: {path: "v", key_file: "k"}}' >conf/sme.jq
	sme-vault init -c conf/sme.jq
	[ "$(stat -c %a conf/k)" = 600 ]
	sme-vault put -c conf/sme.jq x <<<planted
	[ ! -e home ]
	run sme-vault get --vault conf/v x
	[ "$status" -eq 77 ]
	[[ $output == *'no key for the vault'*'vault.key_file in sme.jq'* ]]
	cp conf/k cred/sme-vault.key
	chmod 440 cred/sme-vault.key
	[ "$(CREDENTIALS_DIRECTORY=$PWD/cred sme-vault get --vault conf/v x secret)" = planted ]
	echo nonsense >cred/sme-vault.key
	CREDENTIALS_DIRECTORY=$PWD/cred run sme-vault get --vault conf/v x
	[ "$status" -eq 77 ]
	[ "$(sme-vault get --vault conf/v --key-fd 7 x secret 7<conf/k)" = planted ]
	[ "$(cat conf/k - <<<'new' | sme-vault put --vault conf/v --key-fd 0 x; sme-vault get -c conf/sme.jq x secret)" = new ]
	run sme-vault get --vault conf/v --key-fd 9 x 9<&-
	[ "$status" -eq 74 ]
	run sme-vault get --vault conf/v --key-fd nine x
	[ "$status" -eq 64 ]
	run "$tools/with_key" conf/k sme-vault get --vault conf/v x secret
	[ "$status" -ne 77 ] || skip 'no keyring here'
	[ "$output" = new ]
	run "$tools/with_key" cred/sme-vault.key sme-vault get --vault conf/v x secret
	[ "$status" -eq 77 ]
	[[ $output == *"the kernel's keyring: not a key"* ]]
}

@test "a passphrase: by descriptor" {
	printf 'correct horse\n' | sme-vault init --passphrase --key-fd 0
	[ ! -e home/vault.key ]
	printf 'correct horse\nplanted' | sme-vault put --key-fd 0 x
	[ "$(printf 'correct horse\n' | sme-vault get --key-fd 0 x secret)" = planted ]
	run sme-vault get --key-fd 0 x <<<'correct horsf'
	[ "$status" -eq 77 ]
	run sme-vault get --key-fd 0 x <<<''
	[ "$status" -eq 77 ]
	# The next line is the new one.
	printf 'correct horse\nbattery staple\n' | sme-vault rotate --passphrase --key-fd 0
	[ "$(printf 'battery staple\n' | sme-vault get --key-fd 0 x secret)" = planted ]
	# Away from it, and back.
	printf 'battery staple\n' | sme-vault rotate --new-key-file k --key-fd 0
	[ "$(sme-vault get --key-file k x secret)" = planted ]
}

@test "at a terminal: asked for, not shown" {
	command -v script >/dev/null || skip 'no script(1)'
	run at_terminal $'horse staple\nhorse staple' 'sme-vault init --passphrase'
	[ "$status" -eq 0 ]
	[[ $output != *staple* ]]
	[ -f home/vault ]
	run at_terminal $'horse staple\nplanted\nplanted' 'sme-vault put x token'
	[[ $output != *staple* && $output != *planted* ]]
	[[ $output == *'token: '* ]]
	[ "$(printf 'horse staple\n' | sme-vault get --key-fd 0 x token)" = planted ]
	# Shown only with a warning.
	run at_terminal 'horse staple' 'sme-vault get x token'
	[[ $output == *planted* && $output == *'on the screen now'* ]]
	run at_terminal $'one\ntwo' 'sme-vault init --passphrase --vault other'
	[[ $output == *'the two are not the same'* ]]
	[ ! -e other ]
}

@test "rotate: the old key is of no more use, a copy of before needs it" {
	sme-vault init
	sme-vault put x <<<planted
	cp home/vault old
	cp home/vault.key old.key
	sme-vault rotate
	[ "$(sme-vault get x secret)" = planted ]
	run ! cmp -s home/vault.key old.key
	[ ! -e home/vault.key.new ]
	run sme-vault get --key-file old.key x
	[ "$status" -eq 77 ]
	[ "$(sme-vault get --vault old --key-file old.key x secret)" = planted ]
	run --separate-stderr sme-vault rotate --new-key-file k
	[ "$status" -eq 0 ]
	[[ $stderr == *'home/vault.key does not open the vault any more'* ]]
	[ "$(sme-vault get --key-file k x secret)" = planted ]
	run sme-vault rotate --passphrase --new-key-file k2 --key-file k
	[ "$status" -eq 64 ]
	run sme-vault rotate --key-fd 0 <k
	[ "$status" -eq 64 ]
	[[ $output == *--new-key-file* ]]
}

@test "export: a vault of its own under another key" {
	sme-vault init
	sme-vault put --tenant a x <<<'of a'
	sme-vault put --tenant b x <<<'of b'
	sme-vault export --new-key-file move.key all.vault
	[ "$(sme-vault list --vault all.vault --key-file move.key | wc -l)" -eq 2 ]
	run sme-vault list --vault all.vault --key-file home/vault.key
	[ "$status" -eq 77 ]
	sme-vault export --tenant b --new-key-file move.key b.vault
	[ "$(sme-vault list --vault b.vault --key-file move.key | jq -r .tenant)" = b ]
	[ "$(sme-vault get --vault b.vault --key-file move.key --tenant b x secret)" = 'of b' ]
	run sme-vault export --new-key-file move.key b.vault
	[ "$status" -eq 73 ]
	run sme-vault export --tenant c --new-key-file move.key c.vault
	[ "$status" -eq 66 ]
	[ ! -e c.vault ]
	run sme-vault export d.vault
	[ "$status" -eq 64 ]
}

@test "every access is a line of the audit, or does not take place" {
	sme-vault init
	sme-vault put --tenant t x <<<planted
	sme-vault get --tenant t x
	run sme-vault get --tenant u x
	run sme-vault get --tenant t y
	sme-vault rm --tenant t x
	[ "$(jq -r '[.tool,.action,.tenant,.name,.outcome] | join(" ")' home/vault.audit | paste -sd ,)" = \
		'sme-vault init   ok,sme-vault update t x ok,sme-vault get t x ok,sme-vault get u x denied,sme-vault get t y missing,sme-vault remove t x ok' ]
	[ "$(jq -s "all(.pid > 0 and .uid == $(id -u) and (.at | endswith(\"Z\")))" home/vault.audit)" = true ]
	run ! grep -q planted home/vault.audit
	# A torn line swallows none.
	printf '{"at":' >>home/vault.audit
	sme-vault list >/dev/null
	[ "$(tail -n 1 home/vault.audit | jq -r .action)" = list ]
	sme-vault put x <<<planted
	rm home/vault.audit
	ln -s /dev/full home/vault.audit
	run sme-vault get x
	[ "$status" -eq 73 ]
	[[ $output == *unnoticed* && $output != *planted* ]]
}

@test "many writers at once: no change is lost" {
	sme-vault init
	for i in $(seq 40); do sme-vault put "n$i" <<<"$i" & done
	wait
	[ "$(sme-vault list | wc -l)" -eq 40 ]
	for i in 1 17 40; do [ "$(sme-vault get "n$i" secret)" = "$i" ]; done
	[ "$(wc -l <home/vault.audit)" -eq 45 ]
}

@test "a full disk: status 74 and the old vault" {
	sme-vault init
	sme-vault put x <<<old
	head -c 60000 /dev/zero | tr '\0' x >big
	run bash -c 'trap "" XFSZ; ulimit -f 8; sme-vault put x <big'
	[ "$status" -eq 74 ]
	[ "$(sme-vault get x secret)" = old ]
	run bash -c 'sme-vault get x >/dev/full'
	[ "$status" -eq 74 ]
	[ "$(find home -type f | wc -l)" -eq 4 ]
}

@test "what root changes stays its owner's" {
	[ "$(id -u)" -eq 0 ] || skip 'not root'
	mkdir service
	chown 12345:12345 service
	sme-vault init --vault service/v
	sme-vault put --vault service/v x <<<1
	[ "$(stat -c %u service/* | sort -u)" = 12345 ]
}

@test "the examples of the page work as they stand" {
	awk '/^\.Sh EXAMPLES/ { on = 1 } /^\.Sh DIAG/ { on = 0 }
		on && /^\.Bd/ { show = 1; next } /^\.Ed/ { show = 0; print "" } on && show' \
		"$BATS_TEST_DIRNAME/../../man/sme-vault.1" >shown
	sed -n '/^\$ /,/^$/p' shown >typed
	[ "$(grep -c '^\$ ' typed)" -ge 6 ]
	{
		echo 'set -e'
		awk '/^\$ / { print substr($0, 3); more = /\|$/; next } more { print; more = /\|$/ }' typed
	} >script.sh
	awk '/^\$ / { more = /\|$/; next } more { more = /\|$/; next } NF' typed >want
	run bash -c 'bash script.sh 2>&1 || true'
	diff -u want <(printf '%s\n' "$output")
}
