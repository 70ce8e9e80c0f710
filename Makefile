# Plain GNU make.  V=1 shows the commands; WERROR=-Werror makes warnings errors.
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
WARN    = -std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(WERROR)
CPP_SME = -Ilib -D_GNU_SOURCE -DSME_VERSION='"$(VERSION)"' -DSME_SHAREDIR='"$(SHAREDIR)"' \
          -I/usr/include/libxml2 $(CPPFLAGS)
LD_SME  = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
B       = build

V = 0
ifeq ($(V),0)
Q = @
say = @echo "  $(1)  $(2)";
endif

LIBC   := $(sort $(wildcard lib/*/*.c))
LIBO   := $(LIBC:%.c=$(B)/%.o)
CMDC   := $(sort $(wildcard cmd/sme-*.c))
BINS   := $(CMDC:cmd/%.c=$(B)/%)
UNITC  := $(sort $(wildcard tests/unit/test_*.c))
UNITS  := $(UNITC:tests/unit/%.c=$(B)/unit/%)
TOOLC  := $(sort $(wildcard tests/tools/*.c))
TOOLS  := $(TOOLC:tests/tools/%.c=$(B)/tools/%)

# With --as-needed a tool is linked only with what its objects use.
LIBS   = -lz -lm -lpthread -ldl -ljq -lonig -lcurl -lxml2 -lutf8proc -llinear

all: $(BINS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPP_SME) $(WARN) $(HARDEN) $(CFLAGS) $(CFLAGS_$(subst /,_,$*)) -MMD -MP -c -o $@ $<

$(B)/libsme.a: $(LIBO)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BINS): $(B)/%: $(B)/cmd/%.o $(B)/libsme.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LD_SME) -o $@ $^ $(LIBS)

$(UNITS): $(B)/unit/%: $(B)/tests/unit/%.o $(B)/libsme.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LD_SME) -o $@ $^ $(LIBS) -lcmocka

$(TOOLS): $(B)/tools/%: $(B)/tests/tools/%.o $(B)/libsme.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LD_SME) -o $@ $^ $(LIBS)

# Unit tests, and the programs that other tests need.
units: $(UNITS) $(TOOLS)

clean:
	rm -rf build build-*

.PHONY: all units clean
.SECONDARY:
-include $(LIBO:.o=.d) $(CMDC:%.c=$(B)/%.d) $(UNITC:%.c=$(B)/%.d)
