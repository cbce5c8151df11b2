# An instance with a contact sphere: two programs, two databases, businesses for profiles to fit, parties.
#
#   my $s = Sphere->start(settings => { 'contact.k' => 2 });
#   my ($status, $answer) = $s->post('code');                    # an operation of the API: HTTP status, decoded JSON
#   my $ticket = $s->ok('session', code => $code)->{ticket};     # one that must succeed
#   my $p = $s->party('Alice');      # enrolled: {code, profile, ticket, name, email, ...}
#   $s->unlock($p, $q); $s->tick;    # tick: waits until a tick has passed
#   my $n = $s->sphere('SELECT count(*) FROM party');            # SQL in the contact database, as the superuser
#
# $s->i is the Instance, $s->{address} where the sphere listens. postgresql => '...': further settings of the server.
package Sphere;
use strict;
use warnings;
use Address;
use HTTP::Tiny;
use Instance;
use JSON::XS;
use Time::HiRes qw(time);
use Wait;

sub start {
	my ($class, %more) = @_;
	my $address = own_address() . ':' . free_port();
	my %settings = ('web.processes' => 1, 'contact.tick' => '1s', 'contact.enrol_per_hour' => 10000,
		'contact.listen' => $address, %{ $more{settings} // {} });
	my $i = Instance->make(settings => \%settings, user => $more{user},
		prepared => [ 'sphere', sub { prepare($_[0], $address) } ]);
	if ($more{postgresql}) {
		mkdir "$i->{dir}/conf.d" or die "conf.d: $!";
		open my $out, '>', "$i->{dir}/conf.d/postgresql.conf" or die "conf.d: $!";
		print $out $more{postgresql};
		close $out;
	}
	my $key = $i->slurp('offline-key');
	unlink "$i->{dir}/offline-key";
	my $self = bless { i => $i, address => $address, offline_key => $key, count => 0 }, $class;
	$i->up;
	return $self;
}

# An instance with an empty sphere; the key that setup prints is in its file offline-key.
sub prepare {
	my ($i, $address) = @_;
	$i->set('web.processes' => 1, 'contact.listen' => $address);
	my ($code, $text) = $i->run('contact', 'setup');
	die "contact setup: $text" if $code;
	my ($key) = $text =~ /^((?:[0-9A-Z]{4}-)+[0-9A-Z]+)$/m or die "no offline key in: $text";
	open my $out, '>', "$i->{dir}/offline-key" or die "offline-key: $!";
	print $out $key;
	close $out;
	$i->up;
	fill({ i => $i });
}

sub i { return $_[0]{i} }

# Twenty bakeries in one region, three in another, one cafe.
sub fill {
	my ($self) = @_;
	$self->{i}->sql(<<'SQL');
INSERT INTO source (key, name) VALUES ('some', 'Some');
INSERT INTO region (key, country, name) VALUES ('ch-bern', 'CH', 'Bern'), ('ch-uri', 'CH', 'Uri');
INSERT INTO business (id, region_id, source_id, category_id, group_id, name, country)
SELECT n, r.id, s.id, c.id, c.group_id, CASE n WHEN 1 THEN 'Oberland Backstube' ELSE 'Business ' || n END, r.country
FROM generate_series(1, 24) AS n
JOIN source AS s ON s.key = 'some'
JOIN region AS r ON r.key = CASE WHEN n <= 20 OR n = 24 THEN 'ch-bern' ELSE 'ch-uri' END
JOIN category AS c ON c.key = CASE n WHEN 24 THEN 'cafe' ELSE 'bakery' END;
SQL
}

# Status, decoded answer, the HTTP::Tiny response.
sub post {
	my ($self, $path, %body) = @_;
	my $http = $self->{http} //= HTTP::Tiny->new(timeout => seconds_left(), keep_alive => 1);
	my $r = $http->post("http://$self->{address}/v1/$path",
		{ content => encode_json(\%body), headers => { 'content-type' => 'application/json' } });
	my $answer = eval { decode_json($r->{content}) };
	die "POST /v1/$path: $r->{status} $r->{content}" . $self->{i}->log unless $answer;
	return ($r->{status}, $answer, $r);
}

sub ok {
	my ($self, $path, %body) = @_;
	my ($status, $answer) = $self->post($path, %body);
	die "POST /v1/$path: $status " . encode_json($answer) . "\n" if $status != 200;
	return $answer;
}

sub profile_of {
	my ($name, %more) = @_;
	return { kind => 'need', category => 'bakery', region => 'ch-bern', title => 'Flour by the tonne',
		body => "We look for a mill that delivers every week. Sign $name.", %more };
}

sub contact_of {
	my ($name) = @_;
	return { name => "$name Canary", organisation => "$name Org", email => lc "$name\@canary.example",
		phone => '+41 31 555 01 ' . sprintf('%02d', length $name), note => "note of $name" };
}

# Enrol; %more: fields of the profile.
sub party {
	my ($self, $name, %more) = @_;
	my $code = $self->ok('code')->{code};
	my $contact = contact_of($name);
	my $in = $self->ok('enrol', code => $code, contact => $contact, text_version => 1,
		profile => profile_of($name, %more));
	return { name => $name, code => $code, ticket => $in->{ticket}, profile => $in->{profile}, contact => $contact };
}

sub show { my ($self, $p) = @_; return $self->ok('show', profile => $p->{profile}) }

# (status, answer)
sub try_unlock {
	my ($self, $a, $b) = @_;
	my $hash = $self->show($b)->{seen_hash};
	return $self->post('unlock', ticket => $a->{ticket}, profile => $b->{profile}, seen_hash => $hash,
		text_version => 1);
}
sub unlock {
	my ($self, $a, $b) = @_;
	my ($status, $answer) = $self->try_unlock($a, $b);
	die "unlock: $status " . encode_json($answer) if $status != 200;
	return $answer;
}
sub withdraw { my ($self, $a, $b) = @_; return $self->ok('withdraw', ticket => $a->{ticket}, profile => $b->{profile}) }
sub release { my ($self, $a, $b) = @_; return $self->post('release', ticket => $a->{ticket}, profile => $b->{profile}) }
sub state_of {
	my ($self, $a, $b) = @_;
	my ($one) = grep { $_->{profile} eq $b->{profile} } @{ $self->ok('matches', ticket => $a->{ticket})->{matches} };
	return $one ? $one->{state} : 'none';
}

sub next_tick {
	my ($self) = @_;
	return decode_json(HTTP::Tiny->new(timeout => seconds_left())->get("http://$self->{address}/v1/status")->{content})
		->{next_tick};
}
# Until a tick has passed, by the instance's own clock.
sub tick {
	my ($self) = @_;
	my $next = $self->next_tick;
	wait_until('a tick has passed', sub { $self->next_tick gt $next });
}

sub sphere { my ($self, $sql) = @_; return $self->{i}->sql_in('holdfast_contact', $sql) }

1;
