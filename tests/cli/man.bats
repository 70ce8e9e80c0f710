#!/usr/bin/env bats
# Every tool has a manual page, and what --help says and what the page says are the same options.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	bin=$(dirname "$(command -v sme-score)")
}

# A line for each option of TOOL and its commands: its forms, such as "-c --config".
helped() {
	commands=$("$1" --help | awk '/^commands:/ { on = 1; next } on && !NF { exit } on { print $1 }')
	for command in '' $commands; do
		"$1" ${command:+"$command"} --help
	done | awk '/^options:/ { on = 1; next } /^usage:/ { on = 0 } on && /^ / {
		forms = ""
		for (i = 1; $i ~ /^-/; i++) { sub(/,$/, "", $i); forms = forms " " $i }
		print substr(forms, 2)
	}' | sort -u
}

# The same of its page: the items of the lists, where "Fl c , -config" and "Fl c , Fl -config" say the same.
written() {
	awk '/^\.It Fl / {
		forms = ""
		for (i = 2; i <= NF && $i != "Ar" && $i != "Cm"; i++)
			if ($i != "Fl" && $i != "," && $i !~ /^[A-Z][a-z]$/)
				forms = forms " -" $i
		print substr(forms, 2)
	}' "man/$1.1" | sort -u
}

@test "every tool has its page, and every page its tool" {
	for tool in "$bin"/sme-*; do
		[ -f "man/${tool##*/}.1" ] || { echo "no page: ${tool##*/}"; false; }
	done
	for page in man/*.1; do
		page=${page##*/}
		[ -x "$bin/${page%.1}" ] || { echo "no tool: $page"; false; }
	done
}

@test "what the tool says in one line is what its page says" {
	for page in man/*.1; do
		tool=$(basename "$page" .1)
		[ "$("$bin/$tool" --help | head -n 1)" = "$tool - $(sed -n 's/^\.Nd //p' "$page")" ] || {
			"$bin/$tool" --help | head -n 1
			sed -n 's/^\.Nd //p' "$page"
			false
		}
	done
}

@test "the options in --help are those in the page" {
	bad=0
	for page in man/*.1; do
		tool=$(basename "$page" .1)
		helped "$bin/$tool" >"$BATS_TEST_TMPDIR/help"
		written "$tool" >"$BATS_TEST_TMPDIR/page"
		# The page may leave out a form of an option, never the option.
		while read -r forms; do
			found=
			for form in $forms; do
				grep -qwF -e "$form" "$BATS_TEST_TMPDIR/page" && found=1
			done
			case $forms in
			*--help | *--quiet | *--verbose | *--version) [ -n "$(grep -F '.Fl h' "$page" || grep -F 'Fl h' "$page")" ] && found=1 ;;
			esac
			[ -n "$found" ] || { echo "$tool: not in the page: $forms"; bad=1; }
		done <"$BATS_TEST_TMPDIR/help"
		while read -r forms; do
			for form in $forms; do
				tr ' ' '\n' <"$BATS_TEST_TMPDIR/help" | grep -qxF -e "$form" ||
					{ echo "$tool: not in --help: $form"; bad=1; }
			done
		done <"$BATS_TEST_TMPDIR/page"
	done
	[ "$bad" -eq 0 ]
}

@test "pages name only pages that are there" {
	bad=0
	for page in man/*.[1578]; do
		sed -n 's/^\.Xr \(sme[-a-z.]*\) \([0-9]\).*/\1.\2/p' "$page" | sort -u >"$BATS_TEST_TMPDIR/named"
		while read -r name; do
			[ -f "man/$name" ] || { echo "$page: $name"; bad=1; }
		done <"$BATS_TEST_TMPDIR/named"
	done
	[ "$bad" -eq 0 ]
}

@test "what sme-pipelines(7) shows of the flows is what is installed" {
	grep -vE '^#|^$' share/flows/crontab >"$BATS_TEST_TMPDIR/cron"
	grep -vE '^$' share/flows/sme-sweep.timer >"$BATS_TEST_TMPDIR/timer"
	for file in cron timer; do
		while IFS= read -r line; do
			grep -qxF -e "$line" man/sme-pipelines.7 || { echo "$file: $line"; false; }
		done <"$BATS_TEST_TMPDIR/$file"
	done
}

@test "the completions know the commands, the options and their values" {
	complete_words() {
		env -i PATH="$PATH" bash --norc -c '
			source "$1"; shift
			COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
			_sme
			printf "%s\n" "${COMPREPLY[@]}"' - "$bin/completions/sme" "$@"
	}
	[ "$(complete_words sme-log '' | head -n 4 | paste -s -d ' ')" = 'append cat erase verify' ]
	[ "$(complete_words sme-log cat --un)" = --until ]
	[ "$(complete_words sme-score --rej)" = --rejects ]
	[ "$(complete_words sme-stats report --lang '' | paste -s -d ' ')" = 'en de' ]
	[ -z "$(complete_words sme-score --rejects fil)" ]
	[ "$(complete_words sme-classify sug)" = suggest ]
	[ "$(complete_words sme-classify --expl)" = --explain ]
	[ "$(complete_words sme-classify events --expl)" = --explain ]
	[ "$(complete_words sme-classify suggest --ba)" = --background ]
	for tool in "$bin"/sme-*; do
		grep -q "^complete .* ${tool##*/}\( \|$\)" "$bin/completions/sme" || { echo "$tool"; false; }
	done
}
