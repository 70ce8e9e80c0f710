# shellcheck shell=bash
# A fake network for a test: fake_start NAME gives $FAKE, its address; what it is asked is in fake.log.
#
#	setup() { cd "$BATS_TEST_TMPDIR" || return; }
#	teardown() { fake_stop; }

fakes=$BATS_TEST_DIRNAME/../fakes

fake_start() {
	local tool
	tool=$(command -v sme-fetch)
	rm -f fake.port
	# Descriptor 3 is bats' own: a server that kept it would keep bats waiting.
	"${FAKE_API:-${tool%/*}/tools/fake_api}" fake.port fake.log \
		"$fakes/base.jq" "$fakes/$1.jq" "$fakes/serve.jq" 2>fake.err 3>&- &
	fake_pid=$!
	for _ in $(seq 100); do
		[ -s fake.port ] && break
		sleep 0.05
	done
	FAKE=http://127.0.0.1:$(cat fake.port)
}

fake_stop() {
	[ -z "$fake_pid" ] || kill "$fake_pid"
	fake_pid=
}

# fake_state JSON: merged into its state; without JSON the state itself.
fake_state() {
	if [ -n "$1" ]; then
		curl -sSf -X PUT -d "$1" "$FAKE/_state" >/dev/null
	else
		curl -sSf "$FAKE/_state"
	fi
}

# fake_do JSON: somebody does something; what came of it.
fake_do() {
	curl -sSf -d "$1" "$FAKE/_do"
}

fake_faults() {
	curl -sSf -X PUT -d "$1" "$FAKE/_faults" >/dev/null
}

# What it was asked and answered, without the orders above.
fake_log() {
	jq -c 'select(.request.path | startswith("/_") | not)' fake.log
}
