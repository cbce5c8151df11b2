#!/usr/bin/perl
# Importing: what is recognised, what is refused and why, that the numbers add up, that a second import changes
# nothing, and that a killed one changes nothing either.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Program;
use Test::More;
use Time::HiRes qw(time);
use Tree;
use Wait;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;

sub file {
	my ($name, $text) = @_;
	my $path = "$i->{home}/$name";
	open my $out, '>:raw', $path or die $!;
	print $out $text;
	close $out;
	return $path;
}

# (report, rejects) of an import that must succeed.
sub import_ok {
	my ($path, @options) = @_;
	my $rejects = "$i->{home}/rejects";
	unlink $rejects;
	my ($code, $text) = $i->run('--json', 'import', '--rejects', $rejects, '--max-rejects', '90%', @options, $path);
	is($code, 0, "import of $path") or diag $text;
	my ($json) = $text =~ /^(\{.*\})$/m;
	return {} unless defined $json;
	my $r = decode_json($json // '{}');
	is($r->{inserted} + $r->{updated} + $r->{unchanged} + $r->{suppressed} + $r->{rejected}, $r->{read},
		'the numbers add up');
	open my $in, '<', $rejects or die "rejects: $!";
	my @rejects = map { decode_json($_) } <$in>;
	is(scalar @rejects, $r->{rejected}, 'every rejected row is in the reject file');
	is(scalar(grep { $_->{cause} eq '' } @rejects), 0, 'with a cause');
	for my $field (sort keys %{ $r->{fields} }) {
		my $f = $r->{fields}{$field};
		next if $f->{given} == $f->{kept} + $f->{changed} + $f->{dropped};
		fail("values of $field: $f->{given} given, $f->{kept} kept, $f->{changed} changed, $f->{dropped} dropped");
	}
	return ($r, @rejects);
}

sub digest {
	$i->sql(
		q{SELECT count(*), md5(string_agg(b::text || d::text, '' ORDER BY b.id)) FROM business b
			JOIN business_detail d USING (id)}
	);
}
sub children { my ($pid) = @_; return split ' ', Instance::read_file("/proc/$pid/task/$pid/children") }
sub counts { $i->sql(q{SELECT sum(businesses) FROM source}) . '/' . $i->sql(q{SELECT count(*) FROM business}) }

# ---- CSV as people send it ----
{
	my ($r, @rejects) = import_ok(file('shop.csv', "\xEF\xBB\xBFFirma;Strasse;PLZ;Ort;Land;Telefon;E-Mail;Inhaber\r\n"
		. "B\xC3\xA4ckerei M\xC3\xBCller;Hauptstr. 1;8000;Z\xC3\xBCrich;Schweiz;044 668 18 00;a\@b.ch;Hans M\r\n"
		. ";ohne Name;1;X;CH;;;\r\n"
		. "zu;wenig\r\n"
		. "\"mit \"\"Anf\xC3\xBChrung\"\"\nund Umbruch\";Weg 2;8001;Z\xC3\xBCrich;CH;;;\r\n"));
	is($r->{read}, 4, 'semicolons, byte-order mark, CRLF, German headers, a quoted line break');
	is($r->{inserted}, 2, 'two are taken');
	is_deeply([ map { [ $_->{line}, $_->{field} ] } @rejects ], [ [ 3, 'name' ], [ 4, '' ] ],
		'line and field of those that are not');
	is($rejects[1]{cause}, '2 values where the header has 8', 'a ragged row says so');
	is($r->{emails_dropped}, 1, 'the e-mail address stayed outside');
	is($r->{persons_dropped}, 1, 'so did the person');
	is($i->sql("SELECT phone, country, timezone FROM business WHERE name LIKE 'B%'"), '+41446681800|CH|Europe/Zurich',
		'E.164, country and zone');
	is($i->sql("SELECT name FROM business WHERE name LIKE 'mit%'"), 'mit "Anführung" und Umbruch',
		'white space is folded');
	is(
		$i->sql(
			"SELECT count(*) FROM business_detail
				WHERE concat_ws(' ', description, website, extra, same_as, alt_names) ~ 'b\\.ch|Hans'"
		),
		0,
		'neither is in any column'
	);
	my ($again) = import_ok("$i->{home}/shop.csv");
	is($again->{unchanged}, 2, 'the second time nothing changes');
}
for my $case (["\t", 'tabs'], ['|', 'bars'], [',', 'commas']) {
	my ($separator, $name) = @$case;
	my ($r) = import_ok(
		file(
			"$name.csv",
			join($separator, 'name', 'city', 'country') . "\n" . join($separator, "\"A $name\"", 'Bern', 'CH') . "\n"
		));
	is($r->{inserted}, 1, "$name separate");
}
{
	my ($r) = import_ok(file('latin.csv', "name,city,country\nCaf\xE9 Z\xFCri \x80,Gen\xE8ve,CH\n"));
	is($i->sql("SELECT name || city FROM business WHERE name LIKE 'Caf%'"), "Café Züri €Genève",
		'Windows-1252 is recognised');
	($r) = import_ok(file('plain.csv', "Only this,Basel\n"), '--columns', 'name,city', '--country', 'CH');
	is($r->{inserted}, 1, 'a file without header with --columns');
	my ($d) = import_ok(file('double.csv', "id,name\n1,One\n2,Two\n1,One again\n"));
	is($d->{rejected}, 1, 'the same id twice: the second is rejected');
}

# ---- JSON ----
my %dialects = (
	'osm nested' => [
		q({"type":"FeatureCollection","features":[{"type":"Feature","properties":{"type":"node","id":7,)
			. q("tags":{"name":"Hof","shop":"farm","addr:street":"Weg","addr:housenumber":"3","addr:country":"CH",)
				. q("opening_hours":"Mo-Fr 08:00-12:00","email":"x@y.ch","phone":"+41 (0)44 668 18 00"}},)
					. q("geometry":{"type":"Point","coordinates":[8.5,47.4]}}]}),
		'geojson/osm',
		"farm-shop|Weg 3|+41446681800|474000000|85000000|{[480,720),[1920,2160),[3360,3600),[4800,5040),[6240,6480)}",
		'n7'
	],
	'osm flat' => [
		qq(\x1e{"type":"Feature","properties":{"\@id":"way/9","name":"Laden","shop":"bakery"},)
			. qq("geometry":{"type":"Polygon","coordinates":[[[8.4,47.3],[8.6,47.3],[8.6,47.5],[8.4,47.5],[8.4,)
				. qq(47.3]]]}}\n),
		'geojson/osm', "bakery|||474000000|85000000|", 'w9'
	],
	'overture' => [
		q({"id":"08f1","names":{"primary":"Pizzeria"},"categories":{"primary":"restaurant","alternate":["bar"]},)
			. q("addresses":[{"freeform":"Gasse 1","locality":"Chur","postcode":"7000","region":"GR",)
				. q("country":"CH"}],"phones":["+41812521111"],"emails":["p@q.ch"],"geometry":{"type":"Point",)
					. q("coordinates":[9.5,46.8]}}),
		'json/overture', "restaurant|Gasse 1|+41812521111|468000000|95000000|", '08f1'
	],
	'overture taxonomy' => [
		q({"id":"08f2","names":{"primary":"Neu"},"basic_category":"bakery","addresses":[{"country":"CH"}],)
			. q("geometry":{"type":"Point","coordinates":[9.5,46.8]}}),
		'json/overture', "bakery|||468000000|95000000|", '08f2'
	],
	'schema.org' => [
		q({"@context":"https://schema.org","@type":["HomeAndConstructionBusiness"],)
			. q("@id":"https://fliesen.example/#f","name":"Fliesen Kern","address":{"streetAddress":"Ringstr. 5",)
				. q("postalCode":"79098","addressLocality":"Freiburg","addressCountry":"DE"},)
					. q("geo":{"latitude":47.99,"longitude":7.85},"telephone":"0761 1234567",)
						. q("founder":{"@type":"Person","name":"K. Kern"},"areaServed":[{"@type":"City",)
							. q("name":"Emmendingen"},"Lahr"],"openingHoursSpecification":[{"dayOfWeek":["Monday",)
								. q("https://schema.org/Tuesday"],"opens":"08:00","closes":"17:00"}]}),
		'json/schema.org', "craft|Ringstr. 5|+497611234567|479900000|78500000|{[480,1020),[1920,2460)}",
		'https://fliesen.example/#f'
	],
	'holdfast' => [
		q({"external_id":"n1","name":"Native","categories":["cafe"],"street":"S 1","country":"CH","lat":47.5,)
			. q("lon":7.6}),
		'json/holdfast', "cafe|S 1||475000000|76000000|", 'n1'
	],
);
for my $name (sort keys %dialects) {
	my ($text, $format, $row, $id) = @{ $dialects{$name} };
	my ($r) = import_ok(file('one.json', $text), '--source', 'd-' . $name =~ s/\W/-/gr);
	is($r->{format}, $format, "$name is recognised");
	is($r->{inserted}, 1, 'and taken');
	is(
		$i->sql(
			"SELECT c.key, b.street, b.phone, b.lat_e7, b.lon_e7, d.hours_week FROM business b
				JOIN business_detail d USING (id)
				LEFT JOIN category c ON c.id = b.category_id WHERE d.external_id = '$id'"
		),
		$row,
		'with its facts'
	);
}
is($i->sql("SELECT service_area::text FROM business_detail WHERE external_id LIKE '%fliesen%'"), '{Emmendingen,Lahr}',
	'towns served');
{
	my ($r, @rejects) = import_ok(
		file(
			'lines.ndjson',
			qq({"external_id":"l1","name":"One"}\n{"external_id":"l2","name":}\nnot json\n{"external_id":"l4",)
				. qq("name":"Four","lat":"95","lon":"8"}\n{"external_id":"l5","name":"Five"}\n)
		));
	is($r->{inserted}, 3, 'a broken line costs that line only');
	is_deeply([map { $_->{line} } @rejects], [2, 3], 'and is named');
	is($rejects[0]{record}, '{"external_id":"l2","name":}', 'with the whole of it');
	is($r->{fields}{lat}{dropped}, 1, 'an impossible latitude costs itself, and is counted');
	is($r->{fields}{lat}{examples}[0]{line}, 4, 'with its line');
}

{
	# What PostgreSQL would refuse, and the COPY of all the others with it, never gets there.
	my ($r) = import_ok(file(
		'values.ndjson', join '', map {qq({"external_id":"v$_->[0]","name":"Value $_->[0]",$_->[1]}\n)}
			[ 1, '"updated_at":"31.12.2023 23:59"' ], [ 2, '"updated_at":"2023-02-30"' ],
		[ 3, '"updated_at":"2024-01-01T00:00:00+23:59"' ], [ 4, '"extra":{"a":1e999999999}' ],
		[ 5, '"offers":{"a":[0e-20000]}' ], [ 6, '"extra":{"a":1e300}' ], [ 7, '"country":"EC"' ],
		[ 8, '"same_as":["write to me\u0040private.example","https://a.example/x"]' ]));
	is($r->{inserted}, 8, 'odd times and numbers cost no record');
	is($r->{values_dropped}, 5, 'but themselves');
	is($i->sql(q{SELECT source_updated_at AT TIME ZONE 'UTC' FROM business_detail WHERE external_id = 'v1'}),
		'2023-12-31 23:59:00', 'a time as written in Europe');
	is($i->sql(q{SELECT country FROM business JOIN business_detail USING (id) WHERE external_id = 'v7'}), 'EC',
		'a country of whose telephones nothing is known');
	is($i->sql(q{SELECT same_as FROM business_detail WHERE external_id = 'v8'}), '{https://a.example/x}',
		'an address among the links stays outside');
}

# ---- Google's and GLEIF's sheets, mappings ----
{
	my ($r) = import_ok(
		file(
			'google.csv',
			qq(Store code,Business name,Address line 1,Locality,Postal code,Country / Region,Primary phone,)
				. qq(Primary category,Monday hours,Tuesday hours,Sunday hours\nS1,Bakery One,1 High St,London,)
					. qq(SW1A 1AA,GB,020 7946 0018,Bakery,9:00 AM-5:00 PM,"9:00 AM-12:00 PM, 1:00 PM-5:00 PM",x\n)
		));
	is($r->{format}, 'csv/google', 'a Google sheet');
	is($i->sql("SELECT hours, phone FROM business WHERE name = 'Bakery One'"),
		'Mo 09:00-17:00; Tu 09:00-12:00,13:00-17:00; Su off|+442079460018', 'its hours');
	($r) = import_ok(
		file(
			'gleif.csv',
			qq("LEI","Entity.LegalName","Entity.LegalAddress.FirstAddressLine","Entity.LegalAddress.City",)
				. qq("Entity.LegalAddress.Region","Entity.LegalAddress.Country","Entity.LegalAddress.PostalCode",)
					. qq("Registration.LastUpdateDate"\n"529900T8BM49AURSDO55","Beispiel AG","Weg 1","Zug",)
						. qq("CH-ZG","CH","6300","2026-01-02T03:04:05Z"\n)
		));
	is($r->{format}, 'csv/gleif', 'a GLEIF file');
	is($i->sql("SELECT c.key FROM business b JOIN category c ON c.id = category_id WHERE name = 'Beispiel AG'"),
		'legal-entity', 'its category');
	my $map = file('map',
		"# ours\nexternal_id = nr\nname = was\ncity = wo\ncountry = \"AT\"\nservice_area = orte | split /\n");
	($r) = import_ok(file('odd.csv', "nr,was,wo,orte\n1,Ding,Wien,Baden/Krems\n"), '--map', $map);
	is($i->sql("SELECT country, service_area FROM business JOIN business_detail USING (id) WHERE name = 'Ding'"),
		'AT|{Baden,Krems}', 'a mapping file');
	my ($code, $text) = $i->run('import', '--map', file('bad', "name = a\nfoo = b\n"), "$i->{home}/odd.csv");
	is($code, 1, 'a wrong mapping is refused');
	like($text, qr/line 2: unknown field 'foo'/, 'with its line');
}

# ---- what cannot be read changes nothing ----
my $before = digest();
for my $case (
	[ '', 'the file is empty' ], [ "a,b\n1,2\n", 'no column is known as the name' ],
	[ "PK\3\4\0\0", 'Not a zip archive' ], [ "id,name\n", 'there is no record in it' ],
	[ "id,name\n1,\n2,\n", 'all 2 records were rejected' ],
	[ "id,name\n1,A\n2,\n3,\n", '2 of 3 records were rejected' ],
	[
		qq({"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"x","shop":"farm",)
			. qq("\@id":"node/1"},"geometry":null},\n{"type":),
		'the input ends inside a value'
	])
{
	my ($code, $text) = $i->run('import', file('broken', $case->[0]));
	is($code, 1, "refused: $case->[1]");
	like($text, qr/\Q$case->[1]\E/, 'and said');
}
is(digest(), $before, 'nothing has changed');
{
	my ($r) = import_ok(file('dry.csv', "id,name,city,country\n1,Dry,Bern,CH\n"), '--dry-run');
	is($r->{inserted}, 1, 'a dry run says what would happen');
	is(digest(), $before, 'and does nothing');
}

# ---- updates, suppression ----
{
	my $path = file('up.csv', "id,name,city,country\n1,Old name,Bern,CH\n2,Same,Bern,CH\n");
	import_ok($path);
	file('up.csv', "id,name,city,country\n1,New name,Bern,CH\n2,Same,Bern,CH\n3,Third,Bern,CH\n");
	my ($r) = import_ok($path);
	is("$r->{inserted}/$r->{updated}/$r->{unchanged}", '1/1/1', 'only what changed is changed');
	is($i->sql("SELECT count(*) FROM business_detail WHERE 'old' = ANY (words)"), 0, 'also for search');
	my ($id)
		= map { $_->{id} }
		grep { $_->{name} eq 'Third' } @{ decode_json($i->get('/v1/businesses?q=third')->{content})->{businesses} };
	ok($id, 'the API finds it');
	my ($code, $text) = $i->run('suppress', '--reason', 'asked for it', $id);
	is($code, 0, 'a business is suppressed') or diag $text;
	($r) = import_ok($path);
	is($r->{suppressed}, 1, 'and stays away after an import');
	is($i->get("/v1/businesses/$id")->{status}, 404, 'the API has it no more');
	($code, $text) = $i->run('suppress', '--list');
	like($text, qr/$id.*asked for it/, 'the list has it');
	is(($i->run('suppress', '--remove', $id))[0], 0, 'it may come back');
	($r) = import_ok($path);
	is($r->{inserted}, 1, 'and does');
	is(($i->run('suppress', '0000000000000'))[0], 1, 'what does not exist is not suppressed');
}

# ---- killed at any moment ----
{
	my $path = "$i->{home}/many.ndjson";
	my $many = 4000;
	system("'$i->{bin}/holdfast' generate $many --seed 5 >'$path' 2>/dev/null") == 0 or die 'generate failed';
	my $all = $i->sql('SELECT count(*) FROM business');
	my $was = digest();
	my $seed = $ENV{HOLDFAST_SEED} // 1;
	srand $seed;
	note "seed $seed";
	my $began = time;
	is(($i->run('import', '--dry-run', '--source', 'many', $path))[0], 0, 'a dry run of many');
	my $whole = time - $began;
	my (%killed, $committed);
	# Until each of them was killed in the middle twice: a moment that came too late kills nothing.
	for (my $round = 1; grep { ($killed{$_} // 0) < 2 } qw(holdfast holdfast-parse postgres); $round++) {
		my $target = (qw(holdfast holdfast-parse postgres))[ $round % 3 ];
		my $import = Program->start('import', [ $i->command('import', '--source', 'many', $path) ]);
		my $moment = time + rand($whole * 0.9);
		my $ended = wait_until('the moment comes', sub { $import->ended ? 'ended' : time >= $moment && 'moment' });
		my $session = "SELECT pid FROM pg_stat_activity WHERE usename = 'holdfast_import' LIMIT 1";
		my $victim = $ended eq 'ended' ? ''
			: $target eq 'holdfast' ? $import->{pid}
			: $target eq 'holdfast-parse' ? (grep { Instance::read_file("/proc/$_/comm") eq "holdfast-parse\n" }
				children($import->{pid}))[0] // ''
			: $i->sql($session);
		chomp $victim;
		my $starts = () = $i->log =~ /ready to accept connections/g;
		$killed{$target}++ if $victim && kill KILL => $victim;
		$whole *= 0.8 if !$victim;
		$import->reap;
		# PostgreSQL restarts when one of its sessions is killed; until it has noticed, it still takes connections.
		$i->until('the server has restarted', sub { (() = $i->log =~ /ready to accept connections/g) > $starts })
			if $victim && $target eq 'postgres' && $import->{status};
		# A session whose client was killed may still be at work: it commits or ends.
		my $sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'holdfast_import'";
		$i->until('the import has no session left', sub { $i->sql($sessions) eq '0' });
		if ($i->until('the rows are read', sub { digest() }) ne $was) {
			is($i->sql('SELECT count(*) FROM business'), $all + $many, "round $round: it had committed, whole");
			$committed++;
			$i->sql(q{DELETE FROM business WHERE source_id = (SELECT id FROM source WHERE key = 'many')});
			$i->sql(q{DELETE FROM business_detail WHERE external_id LIKE 'g5-%'});
			$was = digest(); # others have the places that came with it
		} else {
			pass("round $round: nothing has changed");
		}
	}
	note join ', ', map { "$_ killed $killed{$_}" } sort keys %killed;
	my ($r) = import_ok($path, '--source', 'many');
	is($r->{inserted}, $many, 'the next import does the whole work');
	my @counts = split m{/}, counts();
	is($counts[0], $counts[1], 'the counts of sources agree with the table');
	my ($again) = import_ok($path, '--source', 'many');
	is($again->{unchanged}, $many, 'and the one after that none');
}

# ---- two at once; memory ----
{
	open my $holder, '|-', $i->psql(qw(-o /dev/null)) or die "psql: $!";
	$holder->autoflush(1);
	print $holder "BEGIN; SELECT pg_advisory_xact_lock(5142036002);\n";
	$i->until('the lock is held',
		sub { $i->sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted") > 0 });
	my ($code, $text) = $i->run('import', "$i->{home}/up.csv");
	is($code, 1, 'a second import is refused') or diag $text;
	like($text, qr/another import is running; nothing was changed/, 'and says why');
	close $holder;

	# More than a pipe holds: when it is written, the import has read some of it.
	open my $pipe, '|-', "@{[ $i->command(qw(import --source pipe -)) ]} >/dev/null 2>&1" or die "import: $!";
	$pipe->autoflush(1);
	print $pipe "id,name,city,country,description\n", map {"$_,Pipe $_,Bern,CH," . 'x' x 400 . "\n"} 1 .. 500;
	is($i->sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'holdfast_import' AND xact_start IS NOT NULL"), 0,
		'no transaction waits for the writer of a pipe');
	print $pipe "501,Last,Bern,CH,\n";
	ok(close $pipe, 'a pipe is imported');
	is($i->sql("SELECT businesses FROM source WHERE key = 'pipe'"), 501, 'to its end');

	my $path = "$i->{home}/large.ndjson";
	system("'$i->{bin}/holdfast' generate 30000 --seed 6 >'$path' 2>/dev/null") == 0 or die 'generate failed';
	my @large = $i->command('import', '--source', 'large', '--dry-run', $path);

	# The session ends while the parser writes: that is the cause, not that the parser is killed then.
	my $session = "FROM pg_stat_activity WHERE usename = 'holdfast_import' AND query LIKE 'COPY%'";
	my ($broken, $parser);
	until ($parser) { # until it is stopped before its end
		$broken = Program->start('import', \@large, log => "$i->{home}/broken.log");
		$parser = wait_until('its parser runs', sub {
			my ($pid) = grep { Instance::read_file("/proc/$_/comm") eq "holdfast-parse\n" } children($broken->{pid});
			return $pid // $broken->ended;
		});
		$parser = '' if $broken->ended;
		$i->freeze($parser) if $parser;
		$parser = '' if $parser && !grep { $_ == $parser } children($broken->{pid});
		$broken->reap if !$parser;
	}
	$i->until('it copies', sub { $i->sql("SELECT count(*) $session") eq '1' });
	$i->sql("SELECT pg_terminate_backend(pid) $session");
	$i->until('its session has ended', sub { $i->sql("SELECT count(*) $session") eq '0' });
	kill CONT => $parser;
	is($broken->reap >> 8, 1, 'an import whose session ends fails');
	like($broken->log, qr/large\.ndjson: .*server closed the connection/, 'and says why');
	unlike($broken->log, qr/killed by signal/, 'and does not name what it has killed itself');

	my $import = Program->start('import', \@large);
	my $peak = 0;
	wait_until('the import ends', sub {
		my $sum = 0;
		for my $pid ($import->{pid}, children($import->{pid})) {
			$sum += $1 if Instance::read_file("/proc/$pid/status") =~ /^VmHWM:\s+(\d+)/m;
		}
		$peak = $sum if $sum > $peak;
		return $import->ended;
	});
	is($import->reap, 0, 'a large file');
	SKIP: {
		skip 'sanitizers keep memory of their own', 1 if $build =~ m{/[at]san$};
		cmp_ok($peak, '<', 48 * 1024, "importer and parser together stay under 48 MB ($peak kB)");
		cmp_ok($peak, '>', 1024, 'and were looked at');
	}
}

# ---- records that nobody here wrote ----
SKIP: {
	skip "no real records in $data", 1 unless -e "$data/farm-shops-ch.geojson";
	my %read = ('farm-shops-ch.geojson' => 1651, 'sf-restaurants.csv' => 6359);
	for my $name (sort keys %read) {
		my ($r) = import_ok("$data/$name");
		is($r->{read}, $read{$name}, "every record of $name is accounted for");
		my ($again) = import_ok("$data/$name");
		is($again->{inserted} + $again->{updated}, 0, 'a second import changes nothing');
	}
}

my ($code) = $i->run('down');
is($code, 0, 'down');
is_deeply([$i->left], [], 'nothing is left');
done_testing;
