#!/usr/bin/perl
# Each rule of tools/lint-rules, and the one of tools/check-layers that files inside a folder depend on one another in
# one direction, is shown a sample that breaks it and its like that does not.
use strict;
use warnings;
use Cwd qw(abs_path);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Command;
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

my $root = abs_path("$FindBin::Bin/../..");

sub tree {
	my %files = @_;
	my $dir = tempdir(CLEANUP => 1);
	for my $name (keys %files) {
		make_path("$dir/" . ($name =~ s{/[^/]+$}{}r));
		open my $out, '>', "$dir/$name" or die "$name: $!";
		print $out $files{$name};
		close $out or die;
	}
	return $dir;
}

sub refused {
	my ($rule, $where, $name, @files) = @_;
	my ($code, $text) = run_command("$root/tools/lint-rules", tree(@files));
	is($code, 1, $name);
	like($text, qr/^\Q$where\E: .*\[\Q$rule\E\]$/m, "$rule: the place is named") or diag $text;
	is(() = $text =~ /\[\w+\]$/mg, 1, "$rule: and no other") or diag $text;
}

sub accepted {
	my ($name, @files) = @_;
	my ($code, $text) = run_command("$root/tools/lint-rules", tree(@files));
	is($code, 0, $name) or diag $text;
}

my $six = "\n{\n" . "\tstep();\n" x 6 . "}\n";
my $five = "\n{\n" . "\tstep();\n" x 5 . "}\n";

refused('tag', 'src/b/b.c:1', 'a tag that two files define',
	'src/a/a.c' => "struct row {\n\tint x;\n};\n", 'src/b/b.c' => "struct row {\n\tlong y;\n};\n");
accepted('a tag that one file defines and others use',
	'src/a/a.h' => "struct row {\n\tint x;\n};\n", 'src/b/b.c' => "struct row;\nstruct row *first(void);\n");

my $header = "void wire_put(int);\nvoid wire_get(int);\nint wire_size(void);\n";
refused('prefix', 'src/b/wire.h:1', 'a prefix of functions in two modules', 'src/a/wire.h' => $header,
	'src/b/wire.h' => $header);
accepted('a prefix that a folder shares with those below it', 'src/a/wire.h' => $header,
	'src/a/part/wire.h' => $header);
my $constants = "enum fact {\n\tPAGE_TITLE,\n\tPAGE_LINK,\n\tPAGE_END,\n};\n";
refused('prefix', 'src/b/b.h:1', 'a prefix of constants in two modules',
	'src/a/a.h' => $constants, 'src/b/b.h' => $constants =~ s/fact/sort/r);

my ($code, $text)
	= run_command("$root/tools/lint-rules",
	tree('src/a/a.c' => "static int run(void)$six", 'src/b/b.c' => "static void run(int argc)$six"));
is($code, 1, 'a name of one word for functions in two files');
like($text, qr/^src\/\Q$_\E: run\(\) is the name of 2 functions.*\[name\]$/m, 'name: each place is named')
	for 'a/a.c:1', 'b/b.c:1';
accepted(
	'names that carry the prefix of their file',
	'src/a/a.c' => "static int a_run(void)$six", 'src/b/b.c' => "static void b_run(int argc)$six"
);
($code, $text) = run_command("$root/tools/lint-rules",
	tree('src/a/a.c' => "static int put_text(void)$six", 'src/b/b.c' => "static int put_text(void)$six"));
like($text, qr/^src\/b\/b\.c:1: put_text\(\) is the name of 2 functions.*\[name\]$/m, 'also a name of two words');
accepted('functions of five lines', 'src/a/a.c' => "static int run(void)$five",
	'src/b/b.c' => "static void run(int argc)$five");

refused('long', 'src/a/a.c:801', 'a file of 801 lines', 'src/a/a.c' => "int x;\n" x 801);
refused('long', 'tests/cli/a.t:801', 'also a test', 'tests/cli/a.t' => "ok 1\n" x 801);
accepted('a file of 800 lines, and a longer table', 'src/a/a.c' => "int x;\n" x 800, 'src/a/a.def' => "ROW(1)\n" x 900);

my $words = 'word ' x 18;
refused('comment', 'src/a/a.c:1', 'a comment of more than 100 columns', 'src/a/a.c' => "/* $words and some more */\n");
refused('comment', 'src/a/a.c:2', 'a later line of a comment', 'src/a/a.c' => "/* one\n * $words and some more */\n");
refused('comment', 'src/a/a.c:1', 'a tab counts as eight columns', 'src/a/a.c' => "\t/* $words */\n");
accepted('columns are characters, and a long literal is no comment',
	'src/a/a.c' => "/* $words \xc3\xa4\xc3\xb6\xc3\xbc */\nconst char *x = \"$words /* $words\";\n");

refused('cut', 'src/a/a.c:1', 'a literal that is cut between two words',
	'src/a/a.c' => "die(\"the file is \"\n    \"too large\");\n");
refused('cut', 'src/a/a.c:1', 'also with the space behind the cut',
	'src/a/a.c' => "die(\"the file is\"\n    \" too large\");\n");
accepted(
	'literals that end with a line, a sentence or a value',
	'src/a/a.c' => "help(\"Run it.\\n\"\n     \"twice\\n\" \"A list: \"\n     \"{1}\");\n"
);

refused(
	'trailing', 'src/a/a.h:3', 'a comment that breaks a declaration behind its type',
	'src/a/a.h' => "struct row {\n\tuint32_t\n\t    timeout_ms; /* of the whole call */\n};\n"
);
refused(
	'trailing', 'src/a/a.h:3', 'a constant behind its name',
	'src/a/a.h' => "enum {\n\tBYTES =\n\t    64 * 1024, /* that may wait */\n};\n"
);
for my $sample ('p = calloc(1, 8);', 'n = random();', "if (c >= '0' && c <= '9')", 'inet_pton(AF_INET, text, to);',
	'x[] = {"Monday", "Tuesday"};', 'x[] = {"Mo", "Tu"};', 'x[] = {"Jan", "Feb"};',
	'digits[] = "0123456789ABCDEF";', 'n = sizeof(list) / sizeof(list[0]);') {
	refused('toolbox', 'src/a/a.c:1', "what base/ has: $sample", 'src/a/a.c' => "$sample\n");
}
accepted('base/ itself, and names that only end so', 'src/base/a.c' => "p = calloc(1, 8);\n",
	'src/a/a.c' => "p = my_calloc(1, 8);\n");

refused('trailing', 'src/a/a.h:3', 'a list of members',
	'src/a/a.h' => "struct row {\n\tbool street, guessed,\n\t    phone; /* what is told */\n};\n");
accepted(
	'comments above, and behind declarations of one line',
	'src/a/a.h' =>
		"struct row {\n\tint a;\n\t/* of the whole call */\n\tuint32_t timeout_ms; /* 1..600 */\n\tint b; /* c */\n};\n"
);

for my $sample ('n = atoi(text);', 'strcpy(to, from);', 'sprintf(to, "%d", 1);', 'return system(command);') {
	refused('banned', 'src/a/a.c:1', "a function without a bound or a check: $sample", 'src/a/a.c' => "$sample\n");
}
accepted('names that only end so', 'src/a/a.c' => "n = my_atoi(text);\nsnprintf(to, 4, \"x\");\n");

for my $sample ('n = db_i64(&rows, 0, 3);', 'if (db_null(rows, i, 0))', 'rows_text(arena, rows, row, 2, &out)') {
	refused('column', 'src/a/a.c:1', "a column by its number: $sample", 'src/a/a.c' => "$sample\n");
}
accepted('a column by its name', 'src/a/a.c' => "n = db_i64(&rows, 0, SQL_BUSINESS_GET_ID);\n");

for my $sample ('url = config_text(c, CONFIG_PIPELINE_HTTP_URL);', 'stage = pipeline_stage_find(STR("http"));') {
	refused('stage', 'src/a/a.c:1', "a stage outside of its file: $sample", 'src/a/a.c' => "$sample\n");
}
accepted('the settings of a stage in its file',
	'src/pipeline/stages/http.c' => "url = config_text(c, CONFIG_PIPELINE_HTTP_URL);\n");

refused('wide', 'tests/cli/a.t:2', 'a line of 121 columns in a test', 'tests/cli/a.t' => "1;\n" . 'x' x 121 . "\n");
refused('wide', 'bench/a/run:1', 'a tab counts as four columns', 'bench/a/run' => "\t" . 'x' x 117 . "\n");
accepted('120 columns', 'tests/lib/A.pm' => "\t" . 'x' x 116 . "\n");

# ---- exceptions ----
my @two = ('src/a/a.c' => "int x;\n" x 801, 'tools/lint-exceptions' => "# places\nlong\tsrc/a/a.c\n");
accepted('a place that the list names', @two);
($code, $text) = run_command("$root/tools/lint-rules", tree(@two, 'src/a/a.c' => "int x;\n"));
is($code, 1, 'a line of the list that nothing needs');
like($text, qr/^tools\/lint-exceptions:2: .*'long'.*delete the line$/m, 'is to be deleted');

# ---- circles ----
sub circles {
	my %sources = @_;
	my $dir = tree('tools/layers' => "part\n", 'build/lib/.keep' => '',
		map { ("src/part/$_.c" => $sources{$_}) } keys %sources);
	for my $name (keys %sources) {
		system($ENV{CC} || 'cc', '-c', '-o', "$dir/$name.o", "$dir/src/part/$name.c") == 0 or die;
	}
	system('ar', 'rcs', "$dir/build/lib/part.a", map { "$dir/$_.o" } sort keys %sources) == 0 or die;
	return run_command("$root/tools/check-layers", $dir, "$dir/build");
}
my $up = "int low(void);\nint high(void) { return low(); }\n";
($code, $text) = circles(high => $up, low => "int high(void);\nint low(void) { return high(); }\n");
is($code, 1, 'two files that call one another');
like($text, qr/src\/part: these files depend on one another: high low$/m, 'are named');
like($text, qr/^\thigh -> low: low$/m, 'and what ties them');
($code, $text) = circles(high => $up, low => "int middle(void);\nint low(void) { return middle(); }\n",
	middle => "int high(void);\nint (*middle_calls)(void) = high;\nint middle(void) { return 1; }\n");
is($code, 1, 'a circle of three, closed by a pointer in a table');
($code, $text) = circles(high => $up, low => "int low(void) { return 1; }\n");
is($code, 0, 'one direction is accepted') or diag $text;
($code, $text) = circles(high => $up, low => "static int high(void) { return 1; }\nint low(void) { return high(); }\n");
is($code, 0, 'also beside a static function of the same name') or diag $text;

done_testing;
