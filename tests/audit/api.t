#!/usr/bin/perl
# holdfast audit api: each rule finds its case and leaves its neighbour alone; the versions and both notations are read
# alike; references, cycles and aliases end; the three forms of a report; documents that mean harm.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp 'tempdir';
use JSON::XS;
use Test::More;
use Tree;

my $work = tempdir('audit-api-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $work;
my $json = JSON::XS->new->canonical->pretty->allow_nonref;
my $count = 0;

sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return scalar <$in> }
sub write_file {
	my ($text, $name) = @_;
	my $path = "$work/" . ($name // ++$count . '.json');
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out;
	return $path;
}
# (exit code, standard output, standard error)
sub audit {
	my ($options, $path, $in) = @_;
	my $code = system("'$build/holdfast' audit api $options '$path' <'" . ($in // '/dev/null')
			. "' >$work/out 2>$work/err");
	return ($code & 127 ? 128 + ($code & 127) : $code >> 8, slurp("$work/out"), slurp("$work/err"));
}
sub report {
	my ($path) = @_;
	my ($code, $text, $talk) = audit('--json', $path);
	return eval { decode_json($text) } // die "no report ($code): $text$talk";
}

# A document of operations: { 'GET /users' => { schema => ..., security => ..., query => [...] } }
sub document {
	my ($operations, %more) = @_;
	my %paths;
	for (keys %$operations) {
		my ($method, $path) = split ' ';
		my %is = %{ $operations->{$_} };
		$paths{$path}{ lc $method } = {
			($is{security} ? (security => $is{security}) : ()),
			parameters => [ map { { in => 'query', name => $_,
				schema => { type => 'integer' } } } @{ $is{query} // [] } ],
			responses => { 200 => { description => 'x',
				content => { 'application/json' => { schema => $is{schema} } } } },
		};
	}
	return { openapi => '3.0.3', info => { title => 'x', version => '1' }, security => [ { key => [] } ],
		paths => \%paths,
		%more };
}
sub object { my %is = @_; return { type => 'object', properties => \%is } }
sub list { return { type => 'array', items => $_[0] } }
my $text = { type => 'string' };
# "severity rule object" of what was found, in order.
sub found {
	my ($document) = @_;
	my $path = write_file(ref $document ? $json->encode($document) : $document);
	return [ sort map { "$_->{severity} $_->{rule}" . (defined $_->{object} ? " $_->{object}" : '') }
		@{ report($path)->{findings} } ];
}
my $user = object(id => { type => 'integer' }, email => $text);
sub one { return document({ 'GET /x' => { schema => $_[0] } }) }
# What fields of an object are found: their names.
sub fields { return [ sort map { /contact-in-answer GET \/x (.*)/ ? $1 : () } @{ found(one(object(@_))) } ] }

subtest 'who may ask and whether it is a list make the rule' => sub {
	my $at = sub { found(document({ 'GET /users' => { schema => $_[0], @_[ 1 .. $#_ ] } })) };
	is_deeply($at->(list($user)), ['warning contact-in-list GET /users [].email'], 'an array');
	is_deeply($at->($user), ['note contact-in-answer GET /users email'], 'one');
	is_deeply($at->($user, query => ['page']), ['warning contact-in-list GET /users email'], 'pages');
	is_deeply($at->($user, query => ['pager']), ['note contact-in-answer GET /users email'], 'no pages');
	is_deeply($at->(list($user), security => []), ['error contact-in-public-list GET /users [].email'], 'public: []');
	is_deeply($at->($user, security => []), ['error contact-in-public-answer GET /users email'], 'one, public');
	is_deeply($at->($user, security => [ { key => [] }, {} ]), ['error contact-in-public-answer GET /users email'],
		'public as an alternative');
	is_deeply($at->($user, security => [ { key => [] } ]), ['note contact-in-answer GET /users email'], 'not public');
	my $none = document({ 'GET /users' => { schema => list($user) }, 'GET /x' => { schema => $text } });
	delete $none->{security};
	is_deeply(found($none), [ 'warning contact-in-list GET /users [].email', 'warning no-security-declared' ],
		'nothing is declared: said once, and not that it were public');
	$none->{paths}{'/x'}{get}{security} = [ { key => [] } ];
	is_deeply(found($none), ['warning contact-in-list GET /users [].email'], 'one operation declares it');
	my $everywhere = document({ 'GET /users' => { schema => list($user) } }, security => []);
	is_deeply(found($everywhere), ['error contact-in-public-list GET /users [].email'], 'the document says public');
};

subtest 'fields are known by name, type and what is beside them' => sub {
	my %is = map { $_ => $text } qw(email e-mail eMail emailAddress primary_email email2 receiptEmail email_sent_to);
	is_deeply(fields(%is), [ sort keys %is ], 'e-mail addresses');
	my @not = qw(incoming_email email_in email_from_alias imap_email email_template email_enabled email_verified
		email_count
		email_url email_id email_error from_email email_subject email_domains emailed mailbox email_notifications);
	is_deeply(fields(map { $_ => $text } @not), [], 'words that make it no address');
	is_deeply(fields(email => { type => 'boolean' }, phone => { type => 'integer' },
		mail => { type => 'string', enum => [ 'a', 'b' ] }, fax => { type => 'string', format => 'uri' }), [],
		'booleans, numbers, enumerations');
	is_deeply(fields(x => { type => 'string', format => 'email' }, emails => list($text)), [ 'emails', 'x' ],
		'a format, an array of texts');
	is_deeply(fields(phone => $text, telephoneNumber => $text, phone_country_code => $text, phone_number_id => $text),
		[ 'phone', 'telephoneNumber' ], 'telephone numbers');
	is_deeply(fields(name => $text, id => $text, full_name => $text), [], 'a name by itself');
	is_deeply(fields(name => $text, username => $text), ['name'], 'a name beside a login');
	is_deeply(fields(name => $text, username => $text, host => $text), [], 'a login to a machine');
	is_deeply(fields(acting_name => $text, acting_username => $text, tag_name => $text), ['acting_name'], 'by prefix');
	is_deeply(fields(first_name => $text, lastName => $text, account_holder_name => $text, bank_name => $text),
		[ 'account_holder_name', 'first_name', 'lastName' ], 'names of persons');
	is_deeply(fields(email => { anyOf => [ $text, { type => 'null' } ] }, phone => { allOf => [ $text,
		{ title => 'x' } ] }),
		[ 'email', 'phone' ], 'through anyOf and allOf');
	is_deeply(fields(via => $text, value => $text), ['value'], 'value beside via');
	my $channel = sub { return { value => $text, type => { type => 'string', enum => [@_] } } };
	is_deeply(fields(%{ $channel->(qw(email phone fax url)) }), ['value'], 'value beside a channel');
	is_deeply(fields(%{ $channel->(qw(text number email tel date)) }), [], 'value of an input');
	is_deeply(fields(email => { %$text, writeOnly => JSON::XS::true },
		phone => { %$text, writeOnly => JSON::XS::false }), ['phone'], 'what is written only is in no answer');
	is_deeply(fields(emails => list(object(value => $text, primary => { type => 'boolean' }))), [],
		'a list of its own addresses');
	is_deeply(found(one(object(emails => list(object(value => $text))))),
		['warning contact-in-list GET /x emails[].value'],
		'is one all the same');
	is_deeply(fields(name => $text, birthday => $text, species => $text), [], 'an animal has a birthday, too');
	is_deeply(fields(direct_line => $text, directDial => $text, landline => $text, line => $text),
		[ 'directDial', 'direct_line', 'landline' ], 'lines of telephones');
	my %parcel = (name => $text, street => $text, mobile => $text);
	is_deeply(found(one(object(recipient => object(%parcel)))),
		[ map {"note contact-in-answer GET /x recipient.$_"} sort keys %parcel ], 'who is reached by a street');
	is_deeply(found(one(object(first_name => $text, school_email => $text, support_email => $text))),
		[ map {"note contact-in-answer GET /x $_"} qw(first_name school_email support_email) ],
		'an address at the school');
	my (undef, $out) = audit('', write_file($json->encode(one(object(first_name => $text, school_email => $text,
		support_email => $text)))));
	like($out, qr/school_email is an e-mail address/, 'is that of who has a first name');
	like($out, qr/support_email is an organisation's own contact/, 'that of the desk is not');
	is_deeply(fields(recipient => $text, subject => $text), ['recipient'], 'the recipient of a message');
	is_deeply(fields(recipient => $text), [], 'another recipient');
	is_deeply(fields(id => $text, traits => {}), ['traits'], 'open traits');
	is_deeply(fields(custom_fields => object(first_name => $text)), [], 'custom fields');
	is_deeply(fields(query => object(email => $text)), [], 'what the caller has asked for');
	is_deeply(fields(first_name => $text, address => object(line1 => $text, city => $text)),
		[ 'address.line1', 'first_name' ], 'the address of a person');
	is_deeply(fields(name => $text, address => object(line1 => $text), phone => $text,
		latitude => { type => 'number' }),
		['phone'], 'the address of a place');
	is_deeply(fields(map { ("mail.text.$_" => { type => 'string', example => 'Some text' }) } 1 .. 20), [], 'texts');
	is_deeply(fields(email => $text, map { ("a.text.$_" => { type => 'string', example => 'Some text' }) } 1 .. 19),
		['email'], 'too few of them');
	is_deeply(found(one(object(billing_email => $text))), ['note contact-in-answer GET /x billing_email'], 'its own');
	is_deeply(found(document({ 'GET /x' => { schema => list(object(support_email => $text)), security => [] } })),
		['note contact-in-public-list GET /x [].support_email'], 'of an organisation: a note everywhere');
	is_deeply(found(document({ 'GET /companies' => { schema => list(object(email => $text)) } })),
		['note contact-in-list GET /companies [].email'], 'an organisation by its path');
};

subtest 'a person where an identifier would do' => sub {
	my %schemas = (User => object(id => $text, email => $text), Post => object(id => $text, title => $text,
		author => { '$ref' => '#/components/schemas/User' }));
	my $of = sub { [ grep {/nested/} @{ found(document($_[0], components => { schemas => {%schemas} })) } ] };
	my $posts = { schema => list({ '$ref' => '#/components/schemas/Post' }) };
	is_deeply($of->({ 'GET /posts' => $posts, 'GET /more' => $posts }), ['warning nested-person User'], 'an author');
	is_deeply($of->({ 'GET /post' => { schema => $posts->{schema}{items} } }), [], 'one post');
	is_deeply(
		$of->({ 'GET /users' => { schema => object(data => list({ '$ref' => '#/components/schemas/User' })) } }), [],
		'the list of users');
	$schemas{Post}{properties}{author} = { anyOf => [ $text, { '$ref' => '#/components/schemas/User' } ] };
	is_deeply($of->({ 'GET /posts' => $posts }), [], 'or its identifier');
};

subtest 'what cannot be judged is told' => sub {
	is_deeply(found(one({ type => 'object', additionalProperties => JSON::XS::true })),
		['note open-object GET /x '], 'open');
	is_deeply(found(one(object(x => { type => 'object' }))), ['note open-object GET /x x'], 'nothing is said of it');
	is_deeply(found(one(object(x => { type => 'object', additionalProperties => $text }, y => object(z => $text)))), [],
		'a map of texts, and an object with properties');
	my $half = document({ 'GET /x' => { schema => $text }, 'GET /y' => { schema => {} } });
	is_deeply(found($half), ['note answer-without-schema'], 'one of two');
	my ($code, $out, $talk) = audit('', write_file($json->encode(document({ 'GET /y' => { schema => {} } }))));
	is($code, 1, 'none at all: exit 1');
	like($talk, qr/none of 1 answers has a schema: cannot be judged/, 'and why');
	is_deeply(found(one(object(a => { '$ref' => 'https://example.org/x.json' },
		b => { '$ref' => '#/components/none' }))),
		['note reference-not-followed'], 'references elsewhere are not followed');
};

subtest 'addresses in examples' => sub {
	my $with = sub { [ map { /^warning contact-in-example (.*)/ ? $1 : () }
		@{ found(one({ type => 'object', properties => { x => { type => 'string', example => $_[0] } } })) } ] };
	is_deeply($with->($_), [$_], $_) for 'mia.weber@posteo.de', 'a+b@mail.kernel.org';
	is_deeply($with->('Write to mia@posteo.de, please.'), ['mia@posteo.de'], 'in a sentence');
	is_deeply($with->($_), [], "not $_") for 'a@example.org', 'x@shop.example', 'git@github.com:a/b.git', 'core@1.2.0',
		'noreply@posteo.de', 'ssh://git@host.net/x', 'user@test.com', '@posteo.de';
	my $named = one(object(example => { type => 'string', description => 'mia@posteo.de' }));
	is_deeply([ grep {/example/} @{ found($named) } ], [], 'a property that is called example is none');
};

subtest 'the shortest path is named, and how many operations there are' => sub {
	my %schemas = (A => object(id => $text, b => { '$ref' => '#/components/schemas/B' }),
		B => object(a => { '$ref' => '#/components/schemas/A' }, user => { '$ref' => '#/components/schemas/User' }),
		User => object(email => $text, friend => { '$ref' => '#/components/schemas/User' }));
	my $d = document({ 'GET /a' => { schema => { '$ref' => '#/components/schemas/A' } },
		'GET /b' => { schema => { '$ref' => '#/components/schemas/B' } } }, components => { schemas => \%schemas });
	my $path = write_file($json->encode($d));
	my ($finding) = @{ report($path)->{findings} };
	is($finding->{object}, 'User.email', 'schemas in circles end');
	like($finding->{message}, qr/: GET \/b \(line \d+\) answers with user\.email; 2 operations do so$/,
		'path and count');
	my @lines = split /\n/, slurp($path);
	like($lines[ $finding->{line} - 1 ], qr/"email"/, 'the line of the property');
	my ($line) = $finding->{message} =~ /line (\d+)/;
	like($lines[ $line - 1 ], qr/"get"/, 'and of the operation');
};

subtest 'references with escapes, allOf, maps, Swagger 2' => sub {
	my $d = document({ 'GET /x' => { schema => { '$ref' => '#/components/schemas/a~1b%20~0c' } } },
		components => { schemas => { 'a/b ~c' => { allOf => [ { '$ref' => '#/components/schemas/Base' },
			object(name => $text) ] }, Base => object(username => $text) } });
	is_deeply(found($d), ['note contact-in-answer a/b ~c.name'], 'parts of allOf are beside one another');
	is_deeply(found(one({ type => 'object', additionalProperties => object(email => $text) })),
		['note contact-in-answer GET /x {}.email'], 'a map');
	my $swagger = { swagger => '2.0', info => {}, securityDefinitions => {}, security => [ { key => [] } ],
		definitions => { User => $user }, responses => { Users => { description => 'x',
			schema => list({ '$ref' => '#/definitions/User' }) } },
		paths => { '/users' => { get => { responses => { 200 => { '$ref' => '#/responses/Users' } } } } } };
	is_deeply(found($swagger), ['warning contact-in-list User.email'], 'Swagger 2');
	is_deeply(found(qq({"openapi": "3.1.0", "security": [{"k": []}], "x": ["\\u0000", "[\\ud800-\\udfff]",
		"\\udfff"]})), [],
		'escapes that stand for no text');
	my $d31 = one({ type => [ 'array', 'null' ], prefixItems => [ { type => 'object', properties => {
		phone => { type => [ 'string', 'null' ] } } } ] });
	$d31->{openapi} = '3.1.0';
	is_deeply(found($d31), ['warning contact-in-list GET /x [].phone'], 'OpenAPI 3.1');
};

my $yaml = <<'END';
openapi: 3.0.3
info: {title: x, version: '1'}
security: [{key: []}]
x-base: &base
  type: object
  properties:
    email: &text {type: string}
    on: {type: string, enum: [yes, no]}
paths:
  /users:
    get: &get
      responses:
        200:
          description: x
          content:
            application/json:
              schema: {type: array, items: *base}
  /more:
    get:
      <<: *get
      security: []
END
subtest 'YAML: lines, anchors, merge keys' => sub {
	my $path = write_file($yaml, 'api.yaml');
	my ($finding, @more) = @{ report($path)->{findings} };
	is_deeply(\@more, [], 'one finding for both operations');
	is("$finding->{rule} $finding->{line}", 'contact-in-public-list 7', 'the worse one, at the line of the property');
	like($finding->{message}, qr{GET /more \(line 19\) answers with \[\]\.email, 2 answer with it at all$}, 'merged');
	my ($code, $text) = audit('--json', '-', $path);
	is($code, 2, 'from standard input');
	is(decode_json($text)->{findings}[0]{file}, '-', 'which is named -');
};

subtest 'the forms of a report' => sub {
	my $path = write_file($yaml, 'forms.yaml');
	my ($code, $out) = audit('', $path);
	is($code, 2, 'exit 2 with findings');
	like($out, qr/^error: a list that anybody may ask for contains contact data \[contact-in-public-list\]$/m, 'text');
	like($out, qr{^  \Q$path\E:7:5: }m, 'with file and line');
	like($out, qr/^2 operations, 2 answers, 2 of them with a schema; \d+ schemas: 1 errors, 0 warnings, 0 notes$/m,
		'sum');
	my $sarif = decode_json((audit('--sarif', $path))[1]);
	is($sarif->{runs}[0]{results}[0]{ruleId}, 'contact-in-public-list', 'SARIF');
	is($sarif->{runs}[0]{results}[0]{locations}[0]{physicalLocation}{region}{startLine}, 7, 'with the line');
	is((audit('', write_file($json->encode(one($text)))))[0], 0, 'exit 0 without findings');
	is((audit('', "$work/none"))[0], 1, 'no file: exit 1');
	is(system("'$build/holdfast' audit api >/dev/null 2>&1") >> 8, 64, 'no argument: usage');
};

subtest 'documents that mean harm end the reader, not the tool' => sub {
	my $bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
	$bomb .= sprintf "%s: &%s [%s]\n", $_, $_, join ', ', ("*" . chr(ord($_) - 1)) x 9 for 'b' .. 'z';
	my $merge = "m0: &m0 {a: 1, b: 2}\n";
	$merge .= "m$_: &m$_ {k$_: 1, <<: [" . join(', ', map {"*m$_"} 0 .. $_ - 1) . "]}\n" for 1 .. 300;
	my %harm = (
		'nothing' => ['', qr/empty/],
		'no JSON' => [ '{"openapi": ', qr/:1:\d+: /],
		'no YAML' => [ "openapi: [3\nx: }", qr/:2:\d+: /],
		'another document' => [ '{"a": 1}', qr/describes no API/],
		'another version' => [ '{"openapi": "4.0"}', qr/version 4\.0 is not known/],
		'deep JSON' => [ '[' x 100000, qr/describes no API|deep|nest/],
		'deeper JSON' => [ '{"a":' x 100000, qr/deep|nest/],
		'deep YAML' => [ 'a: ' . '[' x 100000, qr/deep/],
		'invalid UTF-8' => [ "{\"openapi\": \"3.0\", \"x\": \"\xff\xfe\"}", qr/UTF-8/],
		'invalid UTF-8 in YAML' => [ "openapi: 3.0.0\nx: \"\xff\"\n", qr/UTF-8/],
		'an alias of nothing' => [ "openapi: 3.0.0\nx: *y\n", qr/alias/],
		'two documents' => [ "openapi: 3.0.0\n---\nopenapi: 3.0.0\n", qr/second document/],
		'merge keys that multiply' => [ "openapi: 3.0.0\n$merge", qr/multiply/ ],
		'aliases that multiply' => [ "openapi: 3.0.0\nsecurity: [{k: []}]\n$bomb", undef ],
		'an alias of itself' => [ "openapi: 3.0.0\nsecurity: [{k: []}]\npaths: &p {/x: *p, a: [*p]}\n", undef ],
		'too many values' => [ '[' . '0,' x 8000000 . '0]', qr/memory|ended over it/],
	);
	for my $name (sort keys %harm) {
		my ($text, $why) = @{ $harm{$name} };
		my ($code, $out, $talk) = audit('', write_file($text, 'harm'));
		is($code, $why ? 1 : 0, "$name: the exit status");
		like($talk, $why, "$name: why") if $why;
		unlike($talk, qr/must|assert|Sanitizer/, "$name: no failure of ours");
	}
	my $circle = document({ 'GET /x' => { schema => { '$ref' => '#/components/schemas/A' } } },
		components => { schemas => {
		A => { '$ref' => '#/components/schemas/B' }, B => { '$ref' => '#/components/schemas/A' } } });
	is_deeply(found($circle), [], 'references in a circle end');
};
subtest 'a baseline leaves out what is known, also when lines move and operations are added' => sub {
	my $file = sub { write_file($json->encode(document({ @_ }))) };
	my %known = ('GET /users/all' => { schema => list($user), security => [] });
	my ($code) = audit("--write-baseline '$work/known'", $file->(%known));
	is($code, 0, 'writing a baseline succeeds');
	($code, my $out) = audit("--baseline '$work/known'", $file->(%known));
	is($code, 0, 'nothing new');
	like($out, qr/; 1 in the baseline: 0 errors/, 'what is known is counted');
	($code) = audit("--baseline '$work/known'", $file->(%known, 'GET /u' => { schema => object(n => $text) }));
	is($code, 0, 'an operation without contact data changes nothing');
	my $more = { schema => list(object(phone => $text)), security => [] };
	($code, $out) = audit("--baseline '$work/known'", $file->(%known, 'GET /a' => $more));
	is($code, 2, 'another field is a finding');
	like($out, qr/; 1 in the baseline: 1 errors/, 'and only that');
	my (undef, undef, $talk) = audit("--baseline '$work/nowhere'", $file->(%known));
	like($talk, qr{nowhere: No such file}, 'a baseline that is not there is said');
};
done_testing;
