# nginx or Caddy with an exported site: the recipe of deploy/ as it stands there, but for address and folders.
#
#   for my $name (SiteServer::names()) {
#	my $server = SiteServer->start($name, $site) or next;    # undef: it is not installed, which is said
#	my $answer = $server->get('hochtann/', 'Accept-Encoding' => 'gzip');    # {status, body, fields...}
#	$server->stop;
#   }
#
# A redirect is answered as it comes. The map of redirects is read at the start.
package SiteServer;
use strict;
use warnings;
use Address;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use Program;
use Site;
use Test::More;
use Wait;

my $deploy = dirname(__FILE__) . '/../../deploy';
my %servers = (
	nginx => {
		recipe => 'nginx/site.conf',
		config => sub {
			my ($text, $self) = @_;
			$text =~ s/listen \[::\].*\n//;
			$text =~ s/listen 80;/listen $self->{host}:$self->{port};/ or die;
			my $user = $> ? '' : "user root;\n";
			my @folders = map {"${_}_temp_path $self->{dir}/$_;\n"} qw(client_body proxy fastcgi uwsgi scgi);
			return "daemon off;\npid $self->{dir}/nginx.pid;\nerror_log stderr;\n$user"
				. "events {}\nhttp {\naccess_log off;\n@folders$text}\n";
		},
		command => sub { ('nginx', '-e', 'stderr', '-c', $_[0]) },
	},
	caddy => {
		recipe => 'caddy/Caddyfile',
		config => sub {
			my ($text, $self) = @_;
			$text =~ s/^directory\.example \{/http:\/\/:$self->{port} {\n\tbind $self->{host}/m or die;
			return "{\n\tadmin off\n}\n$text";
		},
		command => sub { ('caddy', 'run', '--adapter', 'caddyfile', '--config', $_[0]) },
	},
);

sub names { return sort keys %servers }

sub start {
	my ($class, $name, $site) = @_;
	my $server = $servers{$name};
	$ENV{PATH} .= ':/usr/sbin' if $ENV{PATH} !~ m{(^|:)/usr/sbin(:|$)};
	if (!grep { -x "$_/$name" } split /:/, $ENV{PATH}) {
		diag "$name is not installed (tools/setup test): deploy/$server->{recipe} is not tried";
		return undef;
	}
	my $self = bless { host => own_address(), port => free_port(), dir => tempdir(CLEANUP => 1) }, $class;
	chmod 0755, $self->{dir};
	my $text = $server->{config}->(Site::slurp("$deploy/$server->{recipe}"), $self);
	$text =~ s{(?<=root )(\* )?/srv/site\b}{($1 // '') . $site}e or die;
	$text =~ s{/srv/site(?=\.state/)}{$site}g or die;
	open my $out, '>', "$self->{dir}/$name.conf" or die $!;
	print $out $text;
	close $out;
	$self->{program} = Program->start(
		$name, [ $server->{command}->("$self->{dir}/$name.conf") ], log => "$self->{dir}/$name.log",
		env => { map { $_ => $self->{dir} } qw(XDG_DATA_HOME XDG_CONFIG_HOME HOME) },
		ready => sub { IO::Socket::INET->new("$self->{host}:$self->{port}") });
	$self->{http} = HTTP::Tiny->new(max_redirect => 0, timeout => seconds_left());
	return $self;
}

sub get {
	my ($self, $path, %fields) = @_;
	my $answer = $self->{http}->get("http://$self->{host}:$self->{port}/$path", { headers => \%fields });
	return { %{ $answer->{headers} }, status => $answer->{status}, body => $answer->{content} };
}

sub stop { my ($self) = @_; return $self->{program}->stop }

1;
