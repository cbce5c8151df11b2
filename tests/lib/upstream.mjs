// The upstreams of the fetch tests, hostile and kind, on loopback only. Serves HTTP, TLS with a certificate that holds
// and with one that does not, HTTP/2, and DNS, all on HOST; and listens as a canary on every other address of the
// machine, where no connection may ever arrive. Prints a line of JSON with its ports; a line "stats" on standard
// input is answered with a line of counters. Ends with its standard input.
//   node upstream.mjs CERTIFICATES_DIR HOST
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import dgram from 'node:dgram';
import readline from 'node:readline';
import zlib from 'node:zlib';

const [dir, HOME] = process.argv.slice(2);
const counts = { canary: [], requests: {}, dns: {}, bytes: 0, most: {} };
const active = {};

// ---- what is served ----

const BOMB = 256 << 20; // bytes of zeros, decompressed
const bombs = {
	gzip: zlib.gzipSync(Buffer.alloc(BOMB), { level: 9 }),
	br: zlib.brotliCompressSync(Buffer.alloc(BOMB), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
};
const page = `<!doctype html><html lang="de"><head><title>B&auml;ckerei Huber</title>
<meta name=description content="Brot"><script type="application/ld+json">
{"@context":"https://schema.org","@type":"Bakery","name":"Huber","address":{"@type":"PostalAddress"},
"telephone":"+49 30 1234567"}</script></head><body><a href="tel:030-1234567">030 1234567</a></body></html>`;

// A stream that has no end of its own: 10 GB, as fast as the other side takes it.
function flood(res, total) {
	const chunk = Buffer.alloc(65536, 'x');
	let sent = 0;
	const more = () => {
		while (!res.destroyed && sent < total) {
			sent += chunk.length;
			counts.bytes += chunk.length;
			if (!res.write(chunk)) return res.once('drain', more);
		}
		res.end();
	};
	more();
}

const robots = {
	'deny.good.test': (res) => res.end('User-agent: *\nDisallow: /\n'),
	'part.good.test': (res) => res.end('User-agent: *\nDisallow: /\n\nUser-agent: holdfast\nDisallow: /secret\n'),
	'broken.good.test': (res) => res.writeHead(503).end(),
	'late.good.test': (res) => res.writeHead(503, { 'Retry-After': '90' }).end(),
	'gone.good.test': (res) => res.writeHead(404).end('User-agent: *\nDisallow: /\n'),
	'moved.good.test': (res) =>
		res.writeHead(301, { Location: `http://deny.good.test:${ports.http}/robots.txt` }).end(),
	'long.good.test': (res) => flood(res, 1e10),
	'inside.good.test': (res) => res.writeHead(302, { Location: `http://127.0.0.1:${ports.http}/robots.txt` }).end(),
};

const paths = {
	'/': (req, res) => res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page),
	'/pdf': (req, res) => { res.writeHead(200, { 'Content-Type': 'application/pdf' }); flood(res, 1e10); },
	'/json': (req, res) => res.writeHead(200, { 'Content-Type': 'application/json' })
		.end(JSON.stringify([{ lat: '48.1', lon: 11.5, 'a/b': true }])),
	'/echo': (req, res) => {
		let body = '';
		req.on('data', (d) => (body += d)).on('end', () =>
			res.end(
				JSON.stringify({
					method: req.method,
					body,
					...Object.fromEntries(Object.entries(req.headers).map(([k, v]) => ['h-' + k, v])),
				}),
			),
		);
	},
	'/slow': (req, res) => setTimeout(() => res.end('{"x":1}'), 300),
	'/hang': () => {},
	'/hang-in-header': (req, res) => res.socket.write('HTTP/1.1 200 OK\r\nX-A: '),
	'/hang-in-body': (req, res) => { res.writeHead(200, { 'Content-Length': 100 }); res.write('x'); },
	'/drip': (req, res) => {
		res.writeHead(200);
		const timer = setInterval(() => res.write('x'), 20);
		res.on('close', () => clearInterval(timer));
	},
	'/drip-header': (req, res) => {
		const socket = res.socket;
		socket.write('HTTP/1.1 200 OK\r\n');
		const timer = setInterval(() => socket.write('X-A: b\r\n'), 20);
		socket.on('close', () => clearInterval(timer));
	},
	'/huge': (req, res) => { res.writeHead(200); flood(res, 1e10); },
	'/huge-length': (req, res) => { res.writeHead(200, { 'Content-Length': 1e10 }); flood(res, 1e10); },
	'/huge-error': (req, res) => { res.writeHead(500); flood(res, 1e10); },
	'/huge-redirect': (req, res) => { res.writeHead(302, { Location: '/' }); flood(res, 1e10); },
	'/bomb': (req, res) => res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bombs.gzip),
	'/bomb-br': (req, res) => res.writeHead(200, { 'Content-Encoding': 'br' }).end(bombs.br),
	'/bomb-twice': (req, res) =>
		res.writeHead(200, { 'Content-Encoding': 'gzip, gzip' }).end(zlib.gzipSync(bombs.gzip)),
	'/bad-gzip': (req, res) => res.writeHead(200, { 'Content-Encoding': 'gzip' }).end('not gzip at all'),
	'/odd-encoding': (req, res) => res.writeHead(200, { 'Content-Encoding': 'rot13' }).end('abc'),
	'/many-headers': (req, res) => {
		const socket = res.socket;
		socket.write('HTTP/1.1 200 OK\r\n');
		const more = () => {
			while (!socket.destroyed && socket.write(`X-${'a'.repeat(500)}: ${'b'.repeat(500)}\r\n`));
		};
		socket.on('drain', more);
		more();
	},
	'/long-header': (req, res) => {
		const socket = res.socket;
		socket.write('HTTP/1.1 200 OK\r\nX-A: ');
		const more = () => { while (!socket.destroyed && socket.write('b'.repeat(65536))); };
		socket.on('drain', more);
		more();
	},
	'/garbage': (req, res) => res.socket.end('\x00\x01\x02 this is not HTTP\r\n\r\n'),
	'/two-lengths': (req, res) =>
		res.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabc'),
	'/nothing': (req, res) => res.socket.end(),
	'/reset': (req, res) => res.socket.resetAndDestroy(),
	'/short': (req, res) => {
		res.writeHead(200, { 'Content-Length': 100 });
		res.write('x');
		setImmediate(() => res.destroy());
	},
	'/loop': (req, res) => res.writeHead(302, { Location: '/loop' }).end(),
	'/429': (req, res) => res.writeHead(429, { 'Retry-After': '120' }).end(),
	'/429-plain': (req, res) => res.writeHead(429).end(),
	'/503': (req, res) => res.writeHead(503).end(),
	'/503-date': (req, res) => res.writeHead(503, { 'Retry-After': new Date(Date.now() + 600e3).toUTCString() }).end(),
	'/503-year': (req, res) => res.writeHead(503, { 'Retry-After': '31536000' }).end(),
	'/deep': (req, res) => res.end('['.repeat(100000)),
	'/wide': (req, res) => res.end('[' + '1,'.repeat(900000) + '1]'),
	'/not-json': (req, res) => res.end('<html>'),
	'/email': (req, res) => res.end('{"contact":"jane@example.org"}'),
};

function serve(req, res) {
	const url = new URL(req.url, 'http://x');
	const name = (req.headers.host || req.headers[':authority'] || '').split(':')[0];
	counts.requests[name + url.pathname] = (counts.requests[name + url.pathname] || 0) + 1;
	active[name] = (active[name] || 0) + 1;
	counts.most[name] = Math.max(counts.most[name] || 0, active[name]);
	res.on('close', () => active[name]--);
	res.on('error', () => {});
	if (url.pathname === '/robots.txt') return robots[name] ? robots[name](res) : res.writeHead(404).end();
	if (url.pathname === '/to')
		// by hand, because a Location may hold what no header should
		return res.socket.end(
			`HTTP/1.1 ${url.searchParams.get('s') || 302} Moved\r\nContent-Length: 0\r\nConnection: close\r\n` +
				`Location: ${url.searchParams.get('u')}\r\n\r\n`,
		);
	const chain = /^\/chain\/(\d+)$/.exec(url.pathname);
	if (chain)
		return res.writeHead(302, { Location: chain[1] > 1 ? `/chain/${chain[1] - 1}` : '/' }).end();
	const status = /^\/status\/(\d+)$/.exec(url.pathname);
	if (status) return res.writeHead(Number(status[1])).end();
	if (paths[url.pathname]) return paths[url.pathname](req, res);
	res.writeHead(404).end();
}

// ---- names ----

const names = {
	'evil4.test': ['127.0.0.1'],
	'evil6.test': ['::1'],
	'mixed.test': [HOME, '10.0.0.1'],
	'mapped.test': ['::ffff:127.0.0.1'],
	'metadata.test': ['169.254.169.254'],
	'nat64.test': ['64:ff9b::7f00:1'],
	'sixtofour.test': ['2002:7f00:1::'],
	'zero.test': ['0.0.0.0'],
	'nomx.test': [HOME],
	'mail.test': [HOME],
	'two.test': ['127.0.0.9', HOME],
	'six.test': ['::1:9', HOME],
	'many.test': Array.from({ length: 40 }, (_, i) => `127.0.0.${i + 2}`),
};
const mails = {
	'mail.test': [
		[20, 'b.mail.test'],
		[10, 'a.mail.test'],
	],
	'onlymx.test': [[5, 'mx.elsewhere.test']],
	'null.test': [[0, '']],
};
const existing = new Set(['nothing.test', 'onlymx.test', 'null.test']);

function addressesOf(name) {
	if (name === 'rebind.test') return [counts.dns['rebind.test/1'] > 1 ? '127.0.0.1' : HOME];
	if (name === 'good.test' || name.endsWith('.good.test') || name === 'xn--bcker-gra.test') return [HOME];
	return names[name];
}

function encodeName(name) {
	const labels = name.split('.').filter((l) => l);
	return Buffer.concat([
		...labels.map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)])),
		Buffer.from([0]),
	]);
}
function bytesOf(address) {
	if (address.includes('.') && !address.includes(':')) return Buffer.from(address.split('.').map(Number));
	const v4 = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
	if (v4) address = `${v4[1]}${(v4[2] * 256 + +v4[3]).toString(16)}:${(v4[4] * 256 + +v4[5]).toString(16)}`;
	const [head, tail] = address.split('::').map((s) => s.split(':').filter((x) => x));
	const groups = tail ? [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail] : head;
	return Buffer.from(groups.flatMap((g) => { const v = parseInt(g, 16); return [v >> 8, v & 255]; }));
}
function record(name, type, data) {
	const fixed = Buffer.alloc(10);
	fixed.writeUInt16BE(type, 0);
	fixed.writeUInt16BE(1, 2);
	fixed.writeUInt32BE(name.startsWith('kept.') ? 60 : 0, 4); // TTL
	fixed.writeUInt16BE(data.length, 8);
	return Buffer.concat([encodeName(name), fixed, data]);
}
const dns = dgram.createSocket('udp4');
dns.on('message', (query, from) => {
	let at = 12, labels = [];
	while (query[at]) { labels.push(query.toString('latin1', at + 1, at + 1 + query[at])); at += query[at] + 1; }
	const name = labels.join('.').toLowerCase(), type = query.readUInt16BE(at + 1);
	const key = `${name}/${type}`;
	counts.dns[key] = (counts.dns[key] || 0) + 1;
	if (name === 'silent.test') return;
	const records = [];
	let rcode = 0;
	let target = name;
	if (name === 'alias.test') { records.push(record(name, 5, encodeName('evil4.test'))); target = 'evil4.test'; }
	const found = addressesOf(target);
	for (const a of found || [])
		if (a.includes(':') === (type === 28) && (type === 28 || type === 1))
			records.push(record(target, type, bytesOf(a)));
	for (const [priority, host] of (type === 15 && mails[name]) || [])
		records.push(record(name, 15, Buffer.concat([Buffer.from([priority >> 8, priority & 255]), encodeName(host)])));
	if (name === 'servfail.test') rcode = 2;
	else if (!found && !mails[name] && !existing.has(name) && name !== 'alias.test') rcode = 3;
	const head = Buffer.from(query.subarray(0, 12));
	head.writeUInt16BE(0x8180 | rcode, 2);
	head.writeUInt16BE(1, 4);
	head.writeUInt16BE(records.length, 6);
	head.writeUInt32BE(0, 8);
	dns.send(Buffer.concat([head, query.subarray(12, at + 5), ...records]), from.port, from.address);
});

// ---- listening ----

const listen = (server, port, host) => new Promise((resolve) => {
	server.once('error', () => resolve(0));
	server.listen(port, host, () => resolve(server.address().port));
});
const tls = (name) => ({ key: fs.readFileSync(`${dir}/${name}.key`), cert: fs.readFileSync(`${dir}/${name}.pem`) });
const ports = {};
const plain = http.createServer(serve);
plain.on('clientError', (e, socket) => socket.destroy());

// The canary hears every connection to any other address of this machine, on the ports that may be called.
const own = new Set(['127.0.0.1', '127.0.0.3', '127.1.1.1', '::1']);
for (const list of Object.values(os.networkInterfaces())) for (const i of list) own.add(i.address);
own.delete(HOME);
async function listenEverywhere(server) {
	// A port that is free on HOME may be taken on another address: then the next one is tried.
	for (;;) {
		const port = await listen(server, 0, HOME);
		const canaries = [];
		for (const address of own) {
			const canary = net.createServer((s) => { counts.canary.push(`${address}:${port}`); s.destroy(); });
			canaries.push([canary, await listen(canary, port, address)]);
		}
		// An address of an interface may not be usable (a link-local one); loopback is.
		if (canaries.slice(0, 3).every(([, heard]) => heard)) {
			ports.canaries = (ports.canaries || 0) + canaries.filter(([, heard]) => heard).length;
			return port;
		}
		for (const [canary, heard] of canaries) if (heard) canary.close();
		await new Promise((resolve) => server.close(resolve));
	}
}
ports.http = await listenEverywhere(plain);
ports.https = await listenEverywhere(https.createServer(tls('good'), serve));
ports.selfsigned = await listen(https.createServer(tls('self'), serve), 0, HOME);
ports.othername = await listen(https.createServer(tls('other'), serve), 0, HOME);
ports.expired = await listen(https.createServer(tls('old'), serve), 0, HOME);
ports.http2 = await listen(http2.createSecureServer({ ...tls('good'), allowHTTP1: false }, serve), 0, HOME);
ports.nottls = await listen(net.createServer((s) => { s.on('error', () => {}); s.end('220 hello\r\n'); }), 0, HOME);
ports.silent = await listen(net.createServer((s) => s.on('error', () => {})), 0, HOME);
await new Promise((resolve) => dns.bind(0, HOME, resolve));
ports.dns = dns.address().port;

console.log(JSON.stringify(ports));
readline.createInterface({ input: process.stdin })
	.on('line', () => console.log(JSON.stringify({ ...counts, rss: process.memoryUsage().rss })))
	.on('close', () => process.exit(0));
