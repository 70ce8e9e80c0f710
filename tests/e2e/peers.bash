# shellcheck shell=bash
# Real servers for the end-to-end tests: each is started on a free port of 127.0.0.1, waited for by
# asking it, and stopped by its process id.  A file of tests does
#
#	load peers
#	setup_file() { peers_open; peer_need nginx nginx || return 0; nginx_start; }
#	setup() { peers_ready; ... }
#	teardown_file() { peers_close; }
#
# All state is in $PEERS, a folder that ends with the file.  What npm installs is in $peer_modules.

peer_modules=${SME_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/sme-peers}/node_modules

# What is needed to start a server: peer_need NAME COMMAND|FILE|npm:PACKAGE|root...  Without it the tests of the
# file are skipped by peers_ready, under that name.
peer_need() {
	local what name=$1
	shift
	for what; do
		case $what in
		npm:*)
			[ -e "${peer_modules%/*}/complete" ] && [ -d "$peer_modules/${what#npm:}" ] &&
				command -v node >/dev/null ;;
		/*) [ -e "$what" ] ;;
		root) [ "$(id -u)" = 0 ] ;;
		*) PATH=$PATH:/usr/sbin:/sbin command -v "$what" >/dev/null ;;
		esac && continue
		case $what in
		root) what='it starts as root only' ;;
		/usr/* | npm:* | [!/]*) what="${what#npm:} is not installed; scripts/deps --peers does it" ;;
		*) what="$what is not there" ;;
		esac
		echo "$name: $what" >"$PEERS/missing"
		return 1
	done
}

peers_ready() {
	[ ! -e "$PEERS/missing" ] || skip "$(<"$PEERS/missing")"
}

# The folder of all peers of this file; readable for those that give up root.
peers_open() {
	PEERS=$(mktemp -d "${TMPDIR:-/tmp}/sme-e2e.XXXXXX")
	chmod 755 "$PEERS"
	export PEERS
	# Servers that are asked under this name only.
	export no_proxy='*'
	unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
}

# A port of 127.0.0.1 that nobody listens on, below those that connections take: peer_port [HOW-MANY]
# gives the first of so many in a row.
peer_port() {
	local port i free
	for _ in $(seq 200); do
		port=$((20000 + RANDOM % 12000))
		free=1
		for i in $(seq 0 $((${1:-1} - 1))); do
			(exec 3<>"/dev/tcp/127.0.0.1/$((port + i))") 2>/dev/null && free=
		done
		[ -z "$free" ] || { echo "$port"; return; }
	done
	return 1
}

# Start a server that stays in the foreground: peer_start NAME COMMAND...  What it says goes to
# $PEERS/NAME.log.
peer_start() {
	local name=$1
	shift
	# These descriptors are bats' own: a server that kept them would keep bats waiting.
	"$@" >"$PEERS/$name.log" 2>&1 </dev/null 3>&- 4>&- 5>&- &
	echo $! >"$PEERS/$name.pid"
	disown $!
}

# Wait until a command succeeds: peer_wait NAME SECONDS COMMAND...  It fails at once when the server
# has ended.
peer_wait() {
	local name=$1 until=$((SECONDS + $2))
	shift 2
	until "$@" >/dev/null 2>&1; do
		if ! kill -0 "$(<"$PEERS/$name.pid")" 2>/dev/null || [ $SECONDS -ge $until ]; then
			echo "# $name did not get ready:" >&2
			tail -n 20 "$PEERS/$name.log" | sed 's/^/# /' >&2
			return 1
		fi
		sleep 0.05
	done
}

peer_listens() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# End one server: peer_stop NAME [SIGNAL].
peer_stop() {
	local pid
	[ -s "$PEERS/$1.pid" ] || return 0
	pid=$(<"$PEERS/$1.pid")
	rm -f "$PEERS/$1.pid"
	kill -s "${2:-TERM}" "$pid" 2>/dev/null || return 0
	for _ in $(seq 100); do
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.05
	done
	kill -s KILL "$pid" 2>/dev/null || :
}

peers_close() {
	local pid
	[ -n "$PEERS" ] || return 0
	for pid in "$PEERS"/*.pid; do
		[ -e "$pid" ] || continue
		pid=${pid##*/}
		peer_stop "${pid%.pid}"
	done
	[ ! -d "$PEERS/postgres" ] || postgres_stop
	rm -rf "$PEERS"
}

# ---- the servers ----

# nginx_start [DIRECTIVE...]: files of $PEERS/www at $NGINX; further directives go into its server block.
nginx_start() {
	local port dir=$PEERS/nginx
	port=$(peer_port)
	mkdir -p "$dir" "$PEERS/www"
	cat >"$dir/nginx.conf" <<-EOF
		daemon off;
		worker_processes 1;
		pid $dir/pid;
		error_log $dir/error.log;
		events {}
		http {
			types { application/rss+xml rss xml; application/json json; text/html html; }
			log_format short '\$status \$request_method \$request_uri \$bytes_sent \$http_user_agent';
			access_log $dir/access.log short;
			client_body_temp_path $dir/b;
			proxy_temp_path $dir/p;
			fastcgi_temp_path $dir/f;
			uwsgi_temp_path $dir/u;
			scgi_temp_path $dir/s;
			gzip on;
			gzip_types application/rss+xml;
			server {
				listen 127.0.0.1:$port;
				root $PEERS/www;
				$*
			}
		}
	EOF
	PATH=$PATH:/usr/sbin peer_start nginx nginx -c "$dir/nginx.conf"
	export NGINX=http://127.0.0.1:$port
	peer_wait nginx 10 peer_listens "$port"
}

# PostgreSQL does not run as root.
as_nobody() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid nobody --regid nogroup --clear-groups "$@"
	else
		"$@"
	fi
}

postgres_bin() {
	local bins=(/usr/lib/postgresql/*/bin)
	echo "${bins[-1]}"
}

# postgres_start DATABASE: an empty one at $POSTGRES_URL, by a socket in $PEERS/postgres.
postgres_start() {
	local dir=$PEERS/postgres bin
	bin=$(postgres_bin)
	mkdir -m 700 "$dir"
	[ "$(id -u)" != 0 ] || chown nobody "$dir"
	{
		as_nobody "$bin/initdb" -D "$dir/data" -U test -A trust -E UTF8 --locale=C --no-sync &&
			as_nobody "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w \
				-o "-k $dir -c listen_addresses='' -c fsync=off" start 3>&- &&
			as_nobody "$bin/createdb" -h "$dir" -U test "$1"
	} >"$PEERS/postgres.log" 2>&1 </dev/null || {
		sed 's/^/# /' "$PEERS/postgres.log" >&2
		return 1
	}
	export POSTGRES_URL="postgresql://test@localhost/$1?host=$dir"
}

postgres_stop() {
	as_nobody "$(postgres_bin)/pg_ctl" -D "$PEERS/postgres/data" -m immediate stop >/dev/null 2>&1 || :
}

# A Bluesky network of our own: the PDS at $PDS.
bluesky_start() {
	local port
	postgres_start bsky || return
	port=$(peer_port 3)
	mkdir -p "$PEERS/bluesky"
	NODE_PATH=$peer_modules NODE_ENV=test LOG_ENABLED=false TMPDIR=$PEERS/bluesky BASE_PORT=$port \
		DB_URL=$POSTGRES_URL peer_start bluesky node "$BATS_TEST_DIRNAME/bluesky.js"
	export PDS=http://localhost:$((port + 1))
	peer_wait bluesky 60 grep -q '^listening at' "$PEERS/bluesky.log"
}

# A server that accepts what an API's description allows: prism_start NAME DESCRIPTION [OPTION...].
# Its address is in $PRISM; what it has to say against a request is found by prism_complaints NAME.
prism_start() {
	local port name=$1 description=$2
	shift 2
	port=$(peer_port)
	peer_start "$name" node "$peer_modules/@stoplight/prism-cli/dist/index.js" mock -h 127.0.0.1 -p "$port" \
		"$@" "$description"
	export PRISM=http://127.0.0.1:$port
	peer_wait "$name" 60 grep -q 'is listening' "$PEERS/$name.log"
}

# It writes its log a moment later: wait until that rests.
prism_complaints() {
	local size=-1
	until [ "$(stat -c %s "$PEERS/$1.log")" = "$size" ]; do
		size=$(stat -c %s "$PEERS/$1.log")
		sleep 0.5
	done
	grep -aE 'Violation: request|VALIDATOR.*error +Request |NO_PATH_MATCHED|NO_METHOD_MATCHED' "$PEERS/$1.log"
}

# Mailboxes of these users, password "secret": dovecot_start USER...  IMAP at $IMAP, mail comes in by
# LMTP at port $LMTP.  Dovecot starts as root only; the mails are in $PEERS/dovecot/home/USER/Maildir.
dovecot_start() {
	local user dir=$PEERS/dovecot port
	port=$(peer_port 2)
	mkdir -p "$dir/run"
	for user; do
		mkdir -p "$dir/home/$user/Maildir/"{cur,new,tmp}
	done
	chown -R nobody:nogroup "$dir/home"
	cat >"$dir/dovecot.conf" <<-EOF
		base_dir = $dir/run
		state_dir = $dir/run
		log_path = /dev/stderr
		listen = 127.0.0.1
		protocols = imap lmtp
		ssl = no
		disable_plaintext_auth = no
		auth_mechanisms = plain login
		mail_location = maildir:~/Maildir
		first_valid_uid = 1
		mail_max_userip_connections = 500
		passdb {
		  driver = static
		  args = password=secret
		}
		userdb {
		  driver = static
		  args = uid=nobody gid=nogroup home=$dir/home/%n
		}
		namespace inbox {
		  inbox = yes
		}
		service imap-login {
		  inet_listener imap {
		    port = $port
		  }
		  inet_listener imaps {
		    port = 0
		  }
		}
		service lmtp {
		  inet_listener lmtp {
		    port = $((port + 1))
		  }
		}
	EOF
	PATH=$PATH:/usr/sbin peer_start dovecot dovecot -F -c "$dir/dovecot.conf"
	export IMAP=imap://127.0.0.1:$port LMTP=$((port + 1))
	peer_wait dovecot 20 peer_listens "$port"
}

# A mail server for the domain example.test, which hands all to Dovecot: SMTP at $SMTP.  Its spool is in
# one place of the machine, so only one at a time.
smtpd_start() {
	local dir=$PEERS/smtpd port
	port=$(peer_port)
	mkdir -p "$dir"
	cat >"$dir/smtpd.conf" <<-EOF
		listen on 127.0.0.1 port $port hostname mail.example.test
		action "lmtp" relay host "lmtp://127.0.0.1:$LMTP"
		match from any for domain "example.test" action "lmtp"
		match from any for any reject
	EOF
	# The lock goes when the server does.
	# shellcheck disable=SC2016  # for the shell that becomes the server
	PATH=$PATH:/usr/sbin peer_start smtpd bash -c 'exec 9>"$0"; flock 9; exec smtpd -d -f "$1"' \
		/tmp/sme-e2e-smtpd.lock "$dir/smtpd.conf"
	export SMTP=smtp://127.0.0.1:$port
	peer_wait smtpd 120 peer_listens "$port"
}

# XMPP users USER@localhost, password "secret": prosody_start USER...  The port of clients is $XMPP, with
# TLS from the first byte $XMPPS by the authority in $XMPP_CA, and BOSH is at $BOSH.
prosody_start() {
	local user dir=$PEERS/prosody port
	port=$(peer_port 3)
	mkdir -p "$dir/data"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
	cat >"$dir/prosody.cfg.lua" <<-EOF
		daemonize = false
		run_as_root = true
		pidfile = "$dir/pid"
		data_path = "$dir/data"
		log = "*console"
		modules_enabled = { "roster", "saslauth", "disco", "posix", "ping", "bosh", "http", "mam", "carbons", "message" }
		modules_disabled = { "s2s" }
		authentication = "internal_plain"
		c2s_require_encryption = false
		allow_unencrypted_plain_auth = true
		consider_bosh_secure = true
		interfaces = { "127.0.0.1" }
		c2s_ports = { $port }
		c2s_direct_tls_ports = { $((port + 2)) }
		c2s_direct_tls_interfaces = { "127.0.0.1" }
		ssl = { certificate = "$dir/cert.pem"; key = "$dir/key.pem" }
		http_ports = { $((port + 1)) }
		http_interfaces = { "127.0.0.1" }
		https_ports = { }
		VirtualHost "localhost"
	EOF
	for user; do
		prosodyctl --config "$dir/prosody.cfg.lua" register "$user" localhost secret >>"$PEERS/prosodyctl.log" 2>&1 </dev/null || {
			sed 's/^/# /' "$PEERS/prosodyctl.log" >&2
			return 1
		}
	done
	peer_start prosody prosody --config "$dir/prosody.cfg.lua"
	export XMPPS=$((port + 2)) XMPP_CA=$dir/cert.pem
	export XMPP=$port BOSH=http://127.0.0.1:$((port + 1))/http-bind
	peer_wait prosody 20 peer_listens "$((port + 1))"
}
