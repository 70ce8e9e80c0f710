#!/bin/sh
# 500 feeds of a local nginx, polled by one sme-fetch and by sfeed_update on the same feeds: all new,
# nothing new (answers are 304), and one in twenty changed.  sfeed_update runs as it comes, which
# fetches everything each time, and with conditional requests by curl's --etag-compare.
#
# usage: feeds.sh [feeds] [items]
feeds=${1:-500} items=${2:-25}
for tool in nginx sfeed_update curl time; do
	[ -n "$(PATH=$PATH:/usr/sbin; command -v "$tool")" ] ||
		{ echo "$tool is not installed: scripts/deps --bench" >&2; exit 1; }
done
tmp=$(mktemp -d) || exit 1
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$tmp"' EXIT
# Not as a user who may not look in there: nginx' worker is another one.
chmod 755 "$tmp"
export LC_ALL=C SME_HOME="$tmp/home" SME_CONFIG="$tmp/sme.jq"
unset http_proxy https_proxy all_proxy
PATH=$(cd "$(dirname "$0")/../.." && pwd)/${B:-build}:$PATH:/usr/sbin
command -v sme-fetch >/dev/null || { echo "sme-fetch is not built: make" >&2; exit 1; }

# write_feed NUMBER FIRST: ITEMS items, the newest is FIRST.
write_feed() {
	awk -v f="$1" -v first="$2" -v n="$items" 'BEGIN {
		print "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>F" f "</title><link>https://t.example/" f "/</link>"
		for (i = first; i > first - n; i--)
			printf "<item><guid>f%d-%d</guid><title>Item %d</title><link>https://t.example/%d/%d</link>" \
			    "<pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate><description><![CDATA[<p>Since yesterday <b>no " \
			    "signal</b> in town %d.</p><p>More <a href=\"/h/%d\">here</a>, and some more text to make it as " \
			    "long as such items are.</p>]]></description></item>\n", f, i, i, f, i, i, i
		print "</channel></rss>"
	}' >"$tmp/www/$1.xml"
}

mkdir "$tmp/www" "$tmp/plain" "$tmp/cond" "$tmp/etags"
chmod 755 "$tmp/www"
f=0
while [ $((f = f + 1)) -le "$feeds" ]; do write_feed $f 100; done

port=8086
while curl -s -o "$tmp/null" "http://127.0.0.1:$port/"; do port=$((port + 1)); done
cat >"$tmp/n.conf" <<END
daemon off;
worker_processes 1;
pid $tmp/pid;
error_log $tmp/err;
events {}
http {
	access_log off;
	types { application/rss+xml xml; }
	client_body_temp_path $tmp/b;
	proxy_temp_path $tmp/p;
	fastcgi_temp_path $tmp/f;
	uwsgi_temp_path $tmp/u;
	scgi_temp_path $tmp/s;
	server { listen 127.0.0.1:$port; root $tmp/www; }
}
END
nginx -c "$tmp/n.conf" 2>"$tmp/err" &
server=$!
until curl -sf -o "$tmp/null" "http://127.0.0.1:$port/1.xml"; do sleep 0.05; done

awk -v n="$feeds" -v port="$port" 'BEGIN {
	print "{sources: ["
	for (i = 1; i <= n; i++)
		printf "{name: \"f%d\", type: \"feed\", url: \"http://127.0.0.1:%d/%d.xml\"}%s\n", i, port, i, i < n ? "," : ""
	print "]}"
}' >"$tmp/sme.jq"
for way in plain cond; do
	{
		echo "sfeedpath=$tmp/$way"
		[ $way = plain ] || cat <<-END
			fetch() {
			    curl -L --max-redirs 0 -H 'User-Agent:' -f -s -m 15 --etag-compare "$tmp/etags/\$1" \
			        --etag-save "$tmp/etags/\$1" "\$2" 2>/dev/null
			}
		END
		echo 'feeds() {'
		awk -v n="$feeds" -v port="$port" 'BEGIN {
			for (i = 1; i <= n; i++) printf "feed f%d http://127.0.0.1:%d/%d.xml\n", i, port, i
		}'
		echo '}'
	} >"$tmp/$way.rc"
done

poll() { # poll FILE COMMAND...: "seconds cpu kib" into FILE
	file=$1
	shift
	# In the environment of this shell, GNU time is a program.
	"$(command -v time)" -o "$file" -f '%e %U %S %M' "$@" >"$tmp/out" 2>"$tmp/say" || { cat "$tmp/say"; exit 1; }
}

# What a run takes, each tool in turn.
round() {
	poll "$tmp/own" sme-fetch --all
	events=$(wc -l <"$tmp/out")
	poll "$tmp/peer" sfeed_update "$tmp/plain.rc"
	poll "$tmp/kind" sfeed_update "$tmp/cond.rc"
	cat "$tmp/own" "$tmp/peer" "$tmp/kind" | paste -s -d ' ' | awk -v what="$1" -v events="$events" '{
		printf "%-16s %6d events  sme-fetch %.2f s (%.2f s of processor, %.1f MiB)  sfeed_update %.2f s, %.1f times" \
		    "  with conditional requests %.2f s, %.1f times\n", what, events, $1, $2 + $3, $4 / 1024, $5, \
		    $5 / ($1 > 0 ? $1 : 0.01), $9, $9 / ($1 > 0 ? $1 : 0.01)
	}'
}

echo "load: $(cut -d ' ' -f 1 /proc/loadavg) on $(nproc) processors; $feeds feeds of $items items"
round 'all new'
round 'nothing new'
sleep 1 # a Last-Modified has seconds
f=0
while [ $((f = f + 20)) -le "$feeds" ]; do write_feed $f 103; done
round 'one in 20 changed'
round 'nothing new'
