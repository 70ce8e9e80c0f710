# Plain GNU make; `make help` lists the targets.  V=1 shows the commands; WERROR=-Werror makes
# warnings errors; B=DIR builds in another directory.
VERSION  = 0.1.0
PREFIX   = /usr/local
DESTDIR  =
BINDIR   = $(PREFIX)/bin
MANDIR   = $(PREFIX)/share/man
SHAREDIR = $(PREFIX)/share/sme
COMPDIR  = $(PREFIX)/share/bash-completion/completions

CC      = gcc
CFLAGS  = -O2 -g
HARDEN  = -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2 -fcf-protection
WARN    = -std=gnu17 -ffp-contract=off -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(WERROR)
CPP_SME = -Ilib -Icmd -D_GNU_SOURCE -I/usr/include/libxml2 $(CPPFLAGS)
LD_SME  = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
# With --as-needed a tool is linked only with what its objects use.
LIBS    = -lz -lm -lpthread -ldl -ljq -lonig -lcurl -lxml2 -lutf8proc -llinear -lstemmer -lidn2 -lsodium -lsqlite3 -lcrypto -lmicrohttpd \
          -lgmime-3.0 -lgobject-2.0 -lglib-2.0
B       = build
DIST    = dist
JOBS   := $(shell nproc)

# Only these files know the version and where the data is installed.
DEF_VERSION = -DSME_VERSION='"$(VERSION)"'
CFLAGS_lib_core_cli  = $(DEF_VERSION)
CFLAGS_lib_net_http  = $(DEF_VERSION)
CFLAGS_lib_core_file = -DSME_SHAREDIR='"$(SHAREDIR)"'

# Only the mail room knows GMime.
GMIME := $(patsubst -I%,-isystem%,$(shell pkg-config --cflags gmime-3.0))
$(foreach f,mime mime_head mime_parts mime_report compose,$(eval CFLAGS_lib_mail_$(f) = $(GMIME)))

V = 0
ifeq ($(V),0)
Q = @
say = @echo "  $(1)  $(2)";
endif

# A test, a benchmark or a fuzz target is found by the name of its file.
LIBC   := $(sort $(wildcard lib/*/*.c))
LIBO   := $(LIBC:%.c=$(B)/%.o)
CMDC   := $(sort $(wildcard cmd/sme-*.c))
PARTC  := $(sort $(wildcard cmd/sme-*/*.c))
BINS   := $(CMDC:cmd/%.c=$(B)/%)
UNITC  := $(sort $(wildcard tests/unit/test_*.c))
UNITS  := $(UNITC:tests/unit/%.c=$(B)/unit/%)
TOOLC  := $(sort $(wildcard tests/tools/*.c))
TOOLS  := $(TOOLC:tests/tools/%.c=$(B)/tools/%)
BENCHC := $(sort $(wildcard tests/bench/*.c))
BENCHX := $(sort $(wildcard tests/bench/*.cc))
BENCHES := $(BENCHC:tests/bench/%.c=$(B)/bench/%) $(BENCHX:tests/bench/%.cc=$(B)/bench/%)
FUZZC  := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(FUZZC:tests/fuzz/%.c=$(B)/fuzz/%)
MAN    := $(sort $(wildcard man/*.[1578]))
DATA   := $(sort $(shell find share -type f))
COMP    = $(B)/completions/sme

all: $(BINS) $(COMP)

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPP_SME) $(WARN) $(HARDEN) $(CFLAGS) $(CFLAGS_$(subst /,_,$*)) -MMD -MP -c -o $@ $<

# Other flags than last time: everything is built anew.  Another version or place: what knows them.
remember = @mkdir -p $(B); echo '$(subst ','\'',$(1))' | cmp -s - $@ || echo '$(subst ','\'',$(1))' >$@
$(B)/flags: FORCE
	$(call remember,$(CC) $(CPP_SME) $(HARDEN) $(CFLAGS))
$(B)/places: FORCE
	$(call remember,$(VERSION) $(SHAREDIR))
$(B)/lib/core/cli.o $(B)/lib/core/file.o $(B)/lib/net/http.o: $(B)/places

$(B)/libsme.a: $(LIBO)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# A large tool has a folder of its own beside its main file.
.SECONDEXPANSION:
$(BINS): $(B)/%: $(B)/cmd/%.o $$(addprefix $(B)/,$$(addsuffix .o,$$(basename $$(wildcard cmd/$$*/*.c)))) $(B)/libsme.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LD_SME) -o $@ $^ $(LIBS)

$(COMP): $(BINS) scripts/completion
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)scripts/completion $(BINS) >$@.tmp && mv $@.tmp $@

# Unit tests, and the programs that other tests need.
units: $(UNITS) $(TOOLS)

$(UNITS): $(B)/unit/%: $(B)/tests/unit/%.o $(B)/libsme.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LD_SME) -o $@ $^ $(LIBS) -lcmocka

$(TOOLS): $(B)/tools/%: $(B)/tests/tools/%.o $(B)/libsme.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LD_SME) -o $@ $^ $(LIBS)

$(B)/bench/%: $(B)/tests/bench/%.o $(B)/libsme.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LD_SME) -o $@ $^ $(LIBS)

# simdjson, for the benchmark only.
$(B)/bench/%: tests/bench/%.cc $(B)/libsme.a
	@mkdir -p $(@D)
	$(call say,CXX,$@)
	$(Q)$(CXX) $(CPP_SME) -std=c++17 -O2 -g -Wall -Wextra $(WERROR) -o $@ $^ -lsimdjson $(LIBS)

# The library once more, for all fuzz targets.
SAN      = -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_CC  = clang
# clang counts an empty slice, NULL + 0, as an overflow.
FUZZFLAGS = -O1 -g -fno-omit-frame-pointer -Wno-missing-prototypes $(SAN) \
            -fno-sanitize=pointer-overflow
FUZZO   := $(LIBC:%.c=$(B)-fuzz/%.o)

$(B)-fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(FUZZ_CC) $(CPP_SME) $(WARN) $(FUZZFLAGS) -fsanitize=fuzzer-no-link \
	    $(CFLAGS_$(subst /,_,$*)) -MMD -MP -c -o $@ $<

$(B)-fuzz/libsme.a: $(FUZZO)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(FUZZERS): $(B)/fuzz/%: $(B)-fuzz/tests/fuzz/%.o $(B)-fuzz/libsme.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) $(FUZZFLAGS) -fsanitize=fuzzer -Wl,--as-needed -o $@ $^ $(LIBS)

fuzzers: $(FUZZERS)

# Each target for FUZZ_RUNS inputs from a fixed seed, as scripts/check does.
fuzz: fuzzers
	@B=$(B) tests/run -j $(JOBS) fuzz

check: all units fuzzers
	@B=$(B) tests/run -j $(JOBS) units cli fault fuzz lint

# The whole suite once more under the address and undefined behaviour sanitizers.
asan:
	@$(MAKE) B=build-asan CFLAGS='-O1 -g -fno-omit-frame-pointer $(SAN)' LDFLAGS='$(SAN)' \
	    HARDEN=-fPIE all units
	@B=build-asan tests/run -j $(JOBS) units cli

# Figures, each against a peer in the same run.
benches: all $(BENCHES)
bench: benches
	@set -e; for b in tests/bench/*.sh; do echo "== $$b"; B=$(B) "$$b"; done

# clang-tidy where it is installed, else gcc's own analysis.  For a person to read: without the checks
# that mostly find what is right, and some of the rest is no mistake either.
TIDY = -*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.*,bugprone-*,$\
       -bugprone-easily-swappable-parameters,-bugprone-assignment-in-if-condition,$\
       -bugprone-narrowing-conversions,-bugprone-implicit-widening-of-multiplication-result,$\
       -bugprone-reserved-identifier,-bugprone-branch-clone,-bugprone-sizeof-expression,$\
       -bugprone-not-null-terminated-result,-clang-analyzer-valist.Uninitialized
tidy:
	@if command -v clang-tidy >/dev/null; then \
		printf '%s\n' $(LIBC) $(CMDC) $(PARTC) | xargs -P $(JOBS) -n 8 sh -c 'clang-tidy --quiet \
		    --checks="$(TIDY)" "$$@" -- -std=gnu17 $(CPP_SME)' tidy \
		    2>/dev/null; \
	else \
		$(MAKE) B=build-tidy CC=gcc CFLAGS='-O1 -g -fanalyzer' all; \
	fi

install: all
	install -d "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(COMPDIR)"
	install -m 0755 $(BINS) "$(DESTDIR)$(BINDIR)"
	install -m 0644 $(COMP) "$(DESTDIR)$(COMPDIR)/sme"
	for t in $(notdir $(BINS)); do ln -sf sme "$(DESTDIR)$(COMPDIR)/$$t"; done
	for m in $(MAN); do install -D -m 0644 $$m "$(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/}"; done
	for f in $(DATA:share/%=%); do m=0644; [ ! -x share/$$f ] || m=0755; \
		install -D -m $$m share/$$f "$(DESTDIR)$(SHAREDIR)/$$f"; done

# Takes away what install brings, and of the directories only our own.
uninstall:
	for t in $(notdir $(BINS)); do rm -f "$(DESTDIR)$(BINDIR)/$$t" "$(DESTDIR)$(COMPDIR)/$$t"; done
	rm -f "$(DESTDIR)$(COMPDIR)/sme"
	for m in $(MAN); do rm -f "$(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/}"; done
	for f in $(DATA:share/%=%); do rm -f "$(DESTDIR)$(SHAREDIR)/$$f"; done
	[ ! -d "$(DESTDIR)$(SHAREDIR)" ] || find "$(DESTDIR)$(SHAREDIR)" -depth -type d -empty -delete

# What is committed, nothing else.
dist:
	@mkdir -p "$(DIST)"
	git archive --prefix=sme-$(VERSION)/ HEAD | gzip -9n >"$(DIST)/sme-$(VERSION).tar.gz"

clean:
	rm -rf build build-* dist

help:
	@echo 'all (default)  the tools, in $(B)/      units   the unit tests, in $(B)/unit/'
	@echo 'check          run every test          asan    run them under sanitizers'
	@echo 'fuzz           fuzz, shortly           bench   measure, against peers'
	@echo 'tidy           static analysis         dist    a tarball of what is committed'
	@echo 'install        to PREFIX (/usr/local), below DESTDIR if set;  uninstall'
	@echo 'clean          remove all that was built'

FORCE:
.PHONY: all units fuzzers fuzz check asan benches bench tidy install uninstall dist clean help FORCE
.SECONDARY:
-include $(LIBO:.o=.d) $(CMDC:%.c=$(B)/%.d) $(PARTC:%.c=$(B)/%.d) $(FUZZO:.o=.d)
-include $(foreach c,$(UNITC) $(TOOLC) $(BENCHC),$(c:%.c=$(B)/%.d)) $(FUZZC:%.c=$(B)-fuzz/%.d)
