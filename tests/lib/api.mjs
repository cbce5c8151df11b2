// The API that tests of the pipeline ask: node api.mjs HOST PORT LEAST_MS MOST_MS FAIL_EVERY
// /item?id=...: {"ok": 1, "id": ...} after a time; every FAIL_EVERYth answer is a 500 (0: none).
// /poison?ids=a,b: from now on there is no answer for these; each time one is asked for, "poison PORT" is written.
// /throttle?after=S: from now on every answer is a 429 with Retry-After: S (0: as before).
// /echo: method, the header X-Key, Content-Type and the body, as JSON.
// /count: how many items were asked for. /refuse: from now on every answer for an item is a 404,
// after the same time; /accept: no more.
import http from 'node:http';

const host = process.argv[2];
const [port, least, most, fail] = process.argv.slice(3).map(Number);
let poison = new Set();
let asked = 0;
let refuse = false;
let throttle = 0;
const takes = () => least + Math.random() * (most - least); // ms
http.createServer((request, response) => {
	const url = new URL(request.url, 'http://x');
	const id = url.searchParams.get('id');
	if (url.pathname === '/echo') {
		let body = '';
		request.on('data', (part) => { body += part; });
		request.on('end', () => {
			response.writeHead(200, { 'Content-Type': 'application/json' });
			response.end(JSON.stringify({ method: request.method, key: request.headers['x-key'],
				type: request.headers['content-type'], body }));
		});
		return;
	}
	if (url.pathname === '/poison') {
		poison = new Set(url.searchParams.get('ids').split(','));
		response.end('ok');
	} else if (url.pathname === '/count') {
		response.end(String(asked));
	} else if (url.pathname === '/refuse' || url.pathname === '/accept') {
		refuse = url.pathname === '/refuse';
		response.end('ok');
	} else if (url.pathname === '/throttle') {
		throttle = Number(url.searchParams.get('after'));
		response.end('ok');
	} else if (throttle) {
		response.writeHead(429, { 'Retry-After': String(throttle) });
		response.end();
	} else if (refuse) {
		setTimeout(() => {
			response.writeHead(404);
			response.end();
		}, takes());
	} else if (poison.has(id)) {
		process.stdout.write(`poison ${request.socket.remotePort}\n`);
	} else {
		asked++;
		const wrong = fail && asked % fail === 0;
		setTimeout(() => {
			response.writeHead(wrong ? 500 : 200, { 'Content-Type': 'application/json' });
			response.end(JSON.stringify({ ok: 1, id }));
		}, takes());
	}
}).listen({ port, host, backlog: 4096 }, () => process.stdout.write('listening\n'));
