# Holdfast. `make help` lists the targets.
#
#   VARIANT=release|debug|asan|tsan   flags; each builds out of tree into $(BUILD)/$(VARIANT)
#   BUILD=DIR                         where (default build)
#   CC=gcc|clang

VARIANT ?= release
BUILD   ?= build
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
VERSION := 0.1.0
PREFIX  ?= /usr/local
B       := $(BUILD)/$(VARIANT)
G       := $(BUILD)/gen

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion -Wvla -Wformat=2 -Werror
HARDEN := -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 -fcf-protection
CFLAGS_release := -O2 -g $(HARDEN)
CFLAGS_debug   := -O0 -g3 -DHOLDFAST_DEBUG
CFLAGS_asan    := -O1 -g3 -DHOLDFAST_DEBUG -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan    := -O1 -g3 -DHOLDFAST_DEBUG -fsanitize=thread -fno-omit-frame-pointer
CFLAGS_fuzz    := -O1 -g3 -DHOLDFAST_DEBUG -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_release := -Wl,-z,relro,-z,now
LDFLAGS_asan    := -fsanitize=address,undefined
LDFLAGS_tsan    := -fsanitize=thread
LDFLAGS_fuzz    := -fsanitize=address,undefined
PG_INCLUDE := $(shell pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)
PG_SERVER  := $(shell pg_config --includedir-server 2>/dev/null || echo /usr/include/postgresql/15/server)

ALL_CFLAGS = -std=gnu17 $(WARN) $(CFLAGS_$(VARIANT)) -D_GNU_SOURCE -DHOLDFAST_VERSION=$(VERSION) \
             -Isrc -I$(G) -isystem $(PG_INCLUDE) -isystem $(PG_SERVER) -fPIE -MMD -MP $(CFLAGS)

# ---- modules -----------------------------------------------------------------------------------
# A module is a folder of src/ with .c files, or sql/<area> made from sql/queries/<area>.sql, or
# web (the embedded pages). Each becomes one archive. What a program or a test is linked with is a
# list of modules: that list is the proof of what the program can do (`make check-links`).

MODULES := $(sort $(patsubst src/%/,%,$(filter-out src/programs/,$(dir $(wildcard src/*/*.c src/*/*/*.c)))))
AREAS   := $(sort $(patsubst sql/queries/%.sql,%,$(wildcard sql/queries/*.sql)))

LIBS_base            := -lm
LIBS_cache           := -levent_core -lxxhash -lhiredis -lm
LIBS_db              := -lpq
LIBS_db/async        := -lpq -levent_core
LIBS_db/dump         := -lxxhash
LIBS_db/migrate      := -lpq
LIBS_fetch           := -lcurl -lcares -lidn2 -lxxhash
LIBS_site/export     := -lxxhash -ldeflate -lbrotlienc
LIBS_http            := -levent_core -lxxhash
LIBS_process         := -lseccomp
LIBS_keeper          := -lsodium
LIBS_keeper/keyfile  := -lsodium
LIBS_keeper/tool     := -lsodium
LIBS_directory/parse := -lutf8proc -lxxhash -lz -lzip -lexpat
LIBS_directory/borders := -lm
LIBS_directory/iso   := -lutf8proc
LIBS_directory/encoding := -lutf8proc -lxxhash -lm
LIBS_directory/record := -lxxhash
LIBS_directory/words := -lutf8proc
LIBS_directory/slug := -lutf8proc
LIBS_contact         := -levent_core
LIBS_contact/intake  := -lutf8proc
LIBS_directory/cached := -ldeflate
LIBS_directory/search := -lxxhash -lm -lz
LIBS_site/search     := -lxxhash -ldeflate
LIBS_site/gate       := -lxxhash
LIBS_audit/page      := -lgumbo -lexpat
LIBS_audit/openapi   := -lyaml
LIBS_audit/probe     := -lpq
LIBS_audit/statement := -l:libpg_query.a -lpthread -lm
LIBS_audit/site      := -lxxhash
LIBS_heal/ledger     := -lxxhash
LIBS_notify          := -lxxhash

include programs.mk

# A stamp is a file that holds a value and is written when the value differs. What is made from a list
# (flags, the objects of an archive, the modules of a program) depends on the stamp of that list, so
# that a changed flag compiles again and a deleted source leaves its archive.
ifeq ($(filter clean help,$(MAKECMDGOALS)),)
$(shell mkdir -p $(B)/stamps $(G))
stamp = $(if $(call same,$(file <$(B)/stamps/$(1)),$(2)),,$(file >$(B)/stamps/$(1),$(2)))$(B)/stamps/$(1)
else
stamp =
endif
same = $(and $(findstring x$(strip $(1))x,x$(strip $(2))x),$(findstring x$(strip $(2))x,x$(strip $(1))x))
FLAGS := $(call stamp,flags,$(CC) $(ALL_CFLAGS) $(LDFLAGS_$(VARIANT)) $(LDFLAGS))

objects_of = $(patsubst src/%.c,$(B)/%.o,$(wildcard src/$(1)/*.c))
archive_of = $(B)/lib/$(subst /,-,$(1)).a
archives   = $(foreach m,$(1),$(call archive_of,$(m)))
libs       = $(sort $(foreach m,$(1),$(LIBS_$(m))))
LINK = $(CC) $(ALL_CFLAGS) -pie $(LDFLAGS_$(VARIANT)) $(LDFLAGS) -o $@

define module_rule
$(call archive_of,$(1)): $(call objects_of,$(1)) $(call stamp,archive-$(subst /,-,$(1)),$(call objects_of,$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@ && ar rcs $$@ $$(filter %.o,$$^)
endef
$(foreach m,$(MODULES),$(eval $(call module_rule,$(m))))

define sql_rule
$(G)/sql/$(1).c: sql/queries/$(1).sql sql/expressions.sql tools/embed-sql tools/sql-text.pl
	@mkdir -p $$(@D)
	tools/embed-sql sql/queries/$(1).sql $(G)/sql/$(1)
$(G)/sql/$(1).h: $(G)/sql/$(1).c ;
$(B)/sql/$(1).o: $(G)/sql/$(1).c $(FLAGS)
	@mkdir -p $$(@D)
	@echo "  CC $$@" && $(CC) $$(ALL_CFLAGS) -c -o $$@ $$<
$(call archive_of,sql/$(1)): $(B)/sql/$(1).o
	@mkdir -p $$(@D)
	@rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach a,$(AREAS),$(eval $(call sql_rule,$(a))))
SQL_HEADERS := $(AREAS:%=$(G)/sql/%.h)

# Migrations, the expressions and other files that programs carry with them.
$(G)/sql/migrations.c: $(wildcard sql/migrations/*.sql sql/migrations/*/*.sql) sql/expressions.sql $(wildcard sql/roles.sql) tools/embed-migrations tools/sql-text.pl
	@mkdir -p $(@D)
	tools/embed-migrations $@
$(B)/sql/migrations.o: $(G)/sql/migrations.c $(FLAGS)
	@mkdir -p $(@D)
	@echo "  CC $@" && $(CC) $(ALL_CFLAGS) -c -o $@ $<
$(call archive_of,sql/migrations): $(B)/sql/migrations.o
	@mkdir -p $(@D)
	@rm -f $@ && ar rcs $@ $^

WEB_FILES := $(shell find web -type f 2>/dev/null)
$(G)/web/files.c: $(WEB_FILES) tools/embed-files
	@mkdir -p $(@D)
	tools/embed-files web $@
$(B)/web/files.o: $(G)/web/files.c $(FLAGS)
	@mkdir -p $(@D)
	@echo "  CC $@" && $(CC) $(ALL_CFLAGS) -c -o $@ $<
$(call archive_of,web/files): $(B)/web/files.o
	@mkdir -p $(@D)
	@rm -f $@ && ar rcs $@ $^

# Where the system leaves out the translations of packages, tools/setup unpacks the package itself.
ISO_CODES := $(if $(wildcard build/iso-codes/usr),build/iso-codes)
$(G)/directory/iso/names.def: tools/embed-iso
	@mkdir -p $(@D)
	tools/embed-iso $@ $(ISO_CODES)
$(B)/directory/iso/iso.o $(B)/directory/iso/called.o: $(G)/directory/iso/names.def
$(G)/directory/encoding/letters.def: tools/embed-letters
	@mkdir -p $(@D)
	tools/embed-letters $@ $(ISO_CODES)
$(B)/directory/encoding/encoding.o $(B)/directory/encoding/guess.o: $(G)/directory/encoding/letters.def

# The pages of the contact sphere's host: never in holdfast-web.
SHARED_ASSETS := web/assets/business.css web/assets/site.css web/assets/theme.css $(wildcard web/assets/themes/*.css) web/assets/icon.svg
$(G)/web/contact.c: $(shell find web-contact -type f 2>/dev/null) $(SHARED_ASSETS) tools/embed-files
	@mkdir -p $(@D)
	tools/embed-files web-contact $@ $(foreach f,$(SHARED_ASSETS),$(f)=$(f:web/%=%))
$(B)/web/contact.o: $(G)/web/contact.c $(FLAGS)
	@mkdir -p $(@D)
	@echo "  CC $@" && $(CC) $(ALL_CFLAGS) -c -o $@ $<
$(call archive_of,web/contact): $(B)/web/contact.o
	@mkdir -p $(@D)
	@rm -f $@ && ar rcs $@ $^

$(B)/%.o: src/%.c $(FLAGS) | $(SQL_HEADERS)
	@mkdir -p $(@D)
	@echo "  CC $@" && $(CC) $(ALL_CFLAGS) -c -o $@ $<

# ---- programs ----------------------------------------------------------------------------------
define program_rule
$(B)/$(1): $(B)/programs/$(subst -,_,$(1)).o $(call archives,$(PROGRAM_$(1))) $(call stamp,program-$(1),$(PROGRAM_$(1)) $(call libs,$(PROGRAM_$(1))))
	@echo "  LINK $$@" && $$(LINK) $(B)/programs/$(subst -,_,$(1)).o -Wl,--start-group $(call archives,$(PROGRAM_$(1))) -Wl,--end-group $(call libs,$(PROGRAM_$(1)))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

all: $(PROGRAMS:%=$(B)/%) ## build the programs

# ---- tests -------------------------------------------------------------------------------------
# tests/unit/NAME.c says in its first line what it links: /* link: base json */, modules or groups of them.
GROUP_parser := language hours directory/parse directory/encoding directory/borders directory/towns directory/words directory/iso directory/record directory/taxonomy site/facts
with_groups = $(foreach m,$(1),$(or $(GROUP_$(m)),$(m)))
UNITS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
unit_modules = $(call with_groups,$(shell sed -n '1s,^/\* link: \(.*\) \*/$$,\1,p' tests/unit/$(1).c))
define unit_rule
UNIT_$(1) := $(call unit_modules,$(1))
$(B)/tests/unit/$(1): $(B)/tests/unit/$(1).o $$(call archives,$$(UNIT_$(1)))
	@echo "  LINK $$@" && $$(LINK) $$< -Wl,--start-group $$(call archives,$$(UNIT_$(1))) -Wl,--end-group $$(call libs,$$(UNIT_$(1))) -lcmocka
endef
$(foreach u,$(UNITS),$(eval $(call unit_rule,$(u))))
$(B)/tests/unit/%.o: tests/unit/%.c $(FLAGS) | $(SQL_HEADERS)
	@mkdir -p $(@D)
	@echo "  CC $@" && $(CC) $(ALL_CFLAGS) -Wno-missing-prototypes -c -o $@ $<
# Programs that tests/*/*.t run; their first line as for units.
HELPERS := tests/hours/evaluate tests/db/values tests/heal/race tests/heal/steps tests/contact/walk tests/contact/tamper bench/keeper/timing bench/keeper/measure bench/audit/statements
helper_modules = $(shell sed -n '1s,^/\* link: \(.*\) \*/$$,\1,p' $(1).c)
define helper_rule
HELPER_$(1) := $(call helper_modules,$(1))
$(B)/$(1): $(1).c $$(call archives,$$(HELPER_$(1))) $(FLAGS)
	@mkdir -p $$(@D)
	@echo "  LINK $$@" && $$(LINK) $$< -Wl,--start-group $$(call archives,$$(HELPER_$(1))) -Wl,--end-group $$(call libs,$$(HELPER_$(1)))
endef
$(foreach h,$(HELPERS),$(eval $(call helper_rule,$(h))))

# tests/fuzz/NAME.c: libFuzzer targets, built with clang; first line as for units. tests/corpus/NAME is the same with a
# driver of our own, for every compiler.
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
fuzz_modules = $(call with_groups,$(shell sed -n '1s,^/\* link: \(.*\) \*/$$,\1,p' tests/fuzz/$(1).c))
define fuzz_rule
FUZZ_$(1) := $(call fuzz_modules,$(1))
$(B)/tests/fuzz/$(1): tests/fuzz/$(1).c $$(call archives,$$(FUZZ_$(1))) $(FLAGS)
	@mkdir -p $$(@D)
	@echo "  LINK $$@" && $$(LINK) -fsanitize=fuzzer -Wno-missing-prototypes $$< -Wl,--start-group $$(call archives,$$(FUZZ_$(1))) -Wl,--end-group $$(call libs,$$(FUZZ_$(1)))
$(B)/tests/corpus/$(1): tests/fuzz/$(1).c $(B)/tests/corpus/driver.o $$(call archives,$$(FUZZ_$(1))) $(FLAGS)
	@mkdir -p $$(@D)
	@echo "  LINK $$@" && $$(LINK) $$< $(B)/tests/corpus/driver.o -Wl,--start-group $$(call archives,$$(FUZZ_$(1)) base) -Wl,--end-group $$(call libs,$$(FUZZ_$(1)) base)
endef
$(B)/tests/corpus/driver.o: tests/fuzz/driver/driver.c $(FLAGS)
	@mkdir -p $(@D)
	@echo "  CC $@" && $(CC) $(ALL_CFLAGS) -c -o $@ $<
$(foreach f,$(FUZZERS),$(eval $(call fuzz_rule,$(f))))
fuzzers: $(FUZZERS:%=$(B)/tests/fuzz/%)
units: $(UNITS:%=$(B)/tests/unit/%) $(HELPERS:%=$(B)/%) $(FUZZERS:%=$(B)/tests/corpus/%)

.PHONY: all units fuzzers check check-one check-links check-layers check-docs lint format install help clean fuzz
check: all units ## run every test (the same as ./test without the set-up)
	tools/run-tests $(B)
check-one: all units ## run some test files: make check-one T='tests/cli/import.t tests/unit/json.c'
	tools/run-tests $(B) $(T:tests/unit/%.c=$(B)/tests/unit/%)
check-links: all ## fail when a program contains what it must not
	tools/check-links $(B)
check-layers: all ## fail when a layer includes what is above or beside it, or files of a folder form a circle
	tools/check-layers . $(B)
check-docs: all ## fail when help, manual pages and README disagree
	tools/check-docs $(B)
fuzz: ## run every fuzz target, or ONLY=NAME, for SECONDS each (default 60); KEEP=yes adds what it learns to the corpus
	$(MAKE) VARIANT=fuzz CC=clang $(if $(ONLY),$(BUILD)/fuzz/tests/fuzz/$(ONLY),fuzzers)
	KEEP=$(KEEP) tools/run-fuzzers $(BUILD)/fuzz/tests/fuzz $(or $(SECONDS),60) $(ONLY)

SOURCES = $(shell git ls-files 'src/*.c' 'src/*.h' 'tests/*.c' 'tests/*.h' 'bench/*.c')
lint: compile_commands.json ## clang-format, the rules of the house, cppcheck, shell syntax, clang-tidy
	tools/lint
format: ## rewrite the sources with clang-format
	clang-format -i $(SOURCES)
compile_commands.json: Makefile programs.mk tools/compile-commands $(SQL_HEADERS)
	tools/compile-commands '$(CC) $(ALL_CFLAGS)' >$@

install: all ## install into $(DESTDIR)$(PREFIX)
	tools/install '$(B)' '$(DESTDIR)' '$(PREFIX)'
clean: ## remove what was built
	rm -rf $(BUILD) compile_commands.json
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  VARIANT=release|debug|asan|tsan  BUILD=DIR  CC=gcc|clang\n'

-include $(shell find $(B) -name '*.d' 2>/dev/null)

incidents: all ## replay the incidents for real (each says its figures; minutes)
	for run in incidents/*/run; do HOLDFAST_BUILD=$(abspath $(B)) $$run || exit 1; done
.PHONY: incidents
chaos: all ## the pipeline with 100 000 items, 8 workers, 500 kills (tests/pipeline/chaos.t is the small one)
	HOLDFAST_TEST_LIMIT=7200 HOLDFAST_ITEMS=100000 HOLDFAST_KILLS=500 HOLDFAST_WORKERS=8 tools/run-tests $(B) tests/pipeline/chaos.t
.PHONY: chaos
# $(call report,COMMAND,FILE): what the command prints, on the terminal and in the file. A command that fails fails the
# target, and the file stays as it was.
report = { ( $(1) ); echo $$? >$(B)/report.code; } | tee $(B)/report.md; \
	test "$$(cat $(B)/report.code)" = 0 && mv $(B)/report.md $(2)

.PHONY: bench-http
bench-http: $(B)/holdfast-web $(B)/bench/http/load ## CPU per request of a constant answer, beside nginx
	bench/http/run $(B) $(B)/bench/http/load $(ROUNDS) $(REQUESTS)
$(B)/bench/http/load: bench/http/load.c $(FLAGS)
	@mkdir -p $(@D)
	@echo "  LINK $@" && $(LINK) $<

bench-cache: all $(B)/bench/http/load $(B)/bench/cache/measure ## the cache beside nginx, Varnish, memcached and Redis
	bench/cache/run $(B) $(ROUNDS) $(REQUESTS)
.PHONY: bench-cache
bench-pipeline: all ## the pipeline beside graphile-worker and pg-boss
	bench/pipeline/run $(abspath $(B)) $(ROUNDS) $(ITEMS) $(LARGE)
.PHONY: bench-pipeline
$(B)/bench/cache/measure: bench/cache/measure.c $(call archives,base cache cache/store) $(FLAGS)
	@mkdir -p $(@D)
	@echo "  LINK $@" && $(LINK) $< -Wl,--start-group $(call archives,base cache cache/store) -Wl,--end-group $(call libs,base cache cache/store)
.PHONY: scenes
scenes: all ## scenes of faults and of healthy loads, and what heal says of them (HEALTHY=300 ONLY=REGEX OUT=DIR)
	bench/scenes/run --healthy $(or $(HEALTHY),300) $(if $(ONLY),--only '$(ONLY)') $(if $(OUT),--out $(OUT))
.PHONY: soak
soak: all ## visitors, imports, a pipeline and exports while processes are killed (SOAK_SECONDS=3600 SEED=7); then soak-keeper
	SOAK_SECONDS=$(or $(SOAK_SECONDS),3600) bench/soak/run $(SEED)
	$(MAKE) soak-keeper
soak-keeper: $(B)/tests/contact/walk ## the keeper: every sequence of 8 actions of two parties, and an hour of fuzzing (WALK_DEPTH, SECONDS)
	$(B)/tests/contact/walk all 2 $(or $(WALK_DEPTH),8)
	$(MAKE) fuzz ONLY=keeper SECONDS=$(or $(SECONDS),3600)
.PHONY: soak-keeper
.PHONY: bench-search
bench-search: all ## what finding costs on RECORDS (default 1400000) generated records
	$(call report,bench/search/run --bin $(B) --records $(or $(RECORDS),1400000),docs/bench-search.md)

bench-site-search: all ## the search of the exported site, against the database and Pagefind (RECORDS=real,14000,1400000)
	HOLDFAST_BUILD=$(abspath $(B)) bench/site-search/run --records $(or $(RECORDS),real$(comma)14000$(comma)1400000)
.PHONY: bench-site-search
bench-import: all ## import against psql's \copy (ROWS=1400000 ROUNDS=1)
	HOLDFAST_BUILD=$(abspath $(B)) bench/import/run $(or $(ROWS),1400000) $(or $(ROUNDS),1)
.PHONY: bench-import

bench-addresses: all ## addresses of very many businesses: unique, kept, in bounded folders (RECORDS=1400000)
	$(call report,bench/addresses/run --bin $(abspath $(B)) --records $(or $(RECORDS),1400000),docs/bench-addresses.md)
.PHONY: bench-addresses
bench-export: all ## the static export beside Hugo and bare file creation (ROUNDS=3 RECORDS=1400000)
	$(call report,bench/export/run --bin $(abspath $(B)) --rounds $(or $(ROUNDS),3) --records $(or $(RECORDS),1400000),docs/bench-export.md)
.PHONY: bench-export

check-apis: all ## audit api over descriptions of real APIs, with labels (installs 800 MB into tests/apis)
	tools/setup apis
	HOLDFAST_APIS=all tools/run-tests $(B) tests/audit/api_documents.t
.PHONY: check-apis
check-versions: all ## audit db and heal before PostgreSQL 13 to 18 (installs 350 MB into tests/versions)
	tools/setup versions
	HOLDFAST_VERSIONS=all tools/run-tests $(B) tests/audit/versions.t
.PHONY: check-versions
check-pages: all ## exported pages before vnu-jar, pa11y and Lighthouse: docs/pages.md
	$(call report,tests/pages/run --bin $(abspath $(B)),docs/pages.md)
.PHONY: check-pages

check-languages: all ## every kind of exported page in every language in a browser and before vnu-jar: docs/pages-languages.md
	$(call report,tests/pages/languages --bin $(abspath $(B)),docs/pages-languages.md)
.PHONY: check-languages

pictures: all ## the pictures of README.md, of pages as ./run shows them
	HOLDFAST_BUILD=$(abspath $(B)) tools/make-pictures
.PHONY: pictures

large: all units ## tests whose size can be set, larger than in ./test: rounds of kills, canaries, walks, lists to their end
	HOLDFAST_ROUNDS=50 HOLDFAST_CANARIES=300 HOLDFAST_WALKS=150 HOLDFAST_WALK_PAGES=0 HOLDFAST_YEARS=2 tools/run-tests $(B) \
		tests/faults/rounds.t tests/contact/canaries.t tests/contact/keeper_walks.t tests/http/search.t tests/hours/reference.t
	HOLDFAST_KILLS=21 tools/run-tests $(B) tests/site/export.t
	HOLDFAST_HEALTHY=20 tools/run-tests $(B) tests/heal/healthy.t
	HOLDFAST_STEPS=10000000 HOLDFAST_TURNS=300000 HOLDFAST_KILLS=2000 tools/run-tests $(B) $(B)/tests/unit/cache_store
.PHONY: large

walk: all units ## the keeper's core before every sequence of 7 actions and 20 000 random walks (minutes)
	HOLDFAST_TEST_LIMIT=7200 HOLDFAST_WALK_DEPTH=7 HOLDFAST_WALKS=20000 tools/run-tests $(B) tests/contact/keeper_walks.t
.PHONY: walk

timing: all $(B)/bench/keeper/timing ## does the time of answers tell what the caller may not know, of the keeper and over HTTP (PAIRS=20000)
	$(B)/bench/keeper/timing $(PAIRS)
	HOLDFAST_BUILD=$(CURDIR)/$(B) bench/keeper/http_timing $(if $(PAIRS),--pairs $(PAIRS))
.PHONY: timing
bench-keeper: $(B)/bench/keeper/measure ## what the keeper's operations cost (PARTIES=100000)
	$(B)/bench/keeper/measure $(PARTIES)
.PHONY: bench-keeper
