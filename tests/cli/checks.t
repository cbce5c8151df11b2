#!/bin/sh
# The checks of the build can fail: each is shown something broken on purpose.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
ok() {
	n=$((n + 1))
	if "$@" >"$work/out" 2>&1; then echo "ok $n - $name"; else
		echo "not ok $n - $name"
		sed 's/^/# /' "$work/out"
	fi
}
refuses() { # PATTERN COMMAND...: it fails and says so
	pattern=$1
	shift
	if "$@" >"$work/said" 2>&1; then cat "$work/said"; return 1; fi
	cat "$work/said"
	grep -q -e "$pattern" "$work/said"
}

name='layers hold'
ok "$root/tools/check-layers"
mkdir -p "$work/tree/tools"
cp -r "$root/src" "$work/tree/src"
cp "$root/tools/layers" "$work/tree/tools/"
echo '#include "commands/commands.h"' >>"$work/tree/src/base/buf.c"
name='a lower layer that includes a higher one is found'
ok refuses 'src/base/buf.c:.*commands is not below base' "$root/tools/check-layers" "$work/tree"
cp "$root/src/base/buf.c" "$work/tree/src/base/buf.c"
echo '#include "http/internal.h"' >>"$work/tree/src/web/web.c"
name="another module's internal.h is found"
ok refuses 'internal.h stays in its folder' "$root/tools/check-layers" "$work/tree"

name='programs contain only what they may'
ok "$root/tools/check-links" "$HOLDFAST_BUILD"
echo 'holdfast-web symbol ^db_query$ it may not ask' >"$work/links"
name='a forbidden symbol is found'
ok refuses 'holdfast-web contains symbol db_query: it may not ask' \
	"$root/tools/check-links" "$HOLDFAST_BUILD" "$work/links"
echo 'holdfast library ^libpq\. it may not connect' >"$work/links"
name='a forbidden library is found'
ok refuses 'holdfast contains library libpq' "$root/tools/check-links" "$HOLDFAST_BUILD" "$work/links"

name='help, manual pages and README agree'
ok "$root/tools/check-docs" "$HOLDFAST_BUILD"
mkdir -p "$work/docs/tools" "$work/docs/man"
cp "$root/tools/check-docs" "$root/tools/make-man" "$work/docs/tools/"
cp "$root"/man/* "$work/docs/man/"
sed '/holdfast suppress/d' "$root/README.md" >"$work/docs/README.md"
name='a command that the README lacks is found'
ok refuses '< suppress' "$work/docs/tools/check-docs" "$HOLDFAST_BUILD"
cp "$root/README.md" "$work/docs/README.md"
sed -i '/dry/d' "$work/docs/man/holdfast.1"
name='an option that the manual lacks is found'
ok refuses 'man/holdfast.1 is not what the programs say' "$work/docs/tools/check-docs" "$HOLDFAST_BUILD"

# SQL that does not fit stops the build.
sql() { printf '%b' "$1" >"$work/area.sql"; "$root/tools/embed-sql" "$work/area.sql" "$work/out_area"; }
name='an unknown expression stops the build'
ok refuses 'unknown expression {{bussiness_rank}}' sql '-- name: a\nSELECT {{bussiness_rank}};\n'
name='a name that stands twice stops the build'
ok refuses 'stands twice' sql '-- name: a\nSELECT 1;\n-- name: a\nSELECT 2;\n'
echo "1..$n"
