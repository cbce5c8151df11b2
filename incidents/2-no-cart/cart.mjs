// A small shop with a cart: a server that keeps sessions in cookies and a copy of the stock, a checkout, and a feed
// that keeps the stock of the web in step with that of the till. Its page is the exported one with a button for
// each of the goods and the script that serves them, and no other weight. Nothing of it is part of the product.
//   node cart.mjs shop HOST PORT GOODS.json TILL_URL SITE PAGE | node cart.mjs till HOST PORT GOODS.json
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join, normalize } from 'node:path';

const [role, host, port, goods_file, till, site, shop_page] = process.argv.slice(2);
const goods = JSON.parse(readFileSync(goods_file));

if (role === 'till') {
	// The shop's own stock: what is sold over the counter leaves it at once.
	const stock = goods.map(() => 3);
	createServer((request, response) => {
		const sold = request.url.match(/^\/sell\/(\d+)/);
		if (sold) stock[sold[1]] = Math.max(0, stock[sold[1]] - 1);
		response.setHeader('content-type', 'application/json');
		response.end(JSON.stringify(stock));
	}).listen(Number(port), host);
} else {
	let stock = goods.map(() => 0);
	const sessions = new Map();
	const sync = async () => {
		try {
			stock = await (await fetch(till)).json();
		} catch {
			/* the feed is late: the old numbers stay */
		}
	};
	await sync();
	setInterval(sync, 60000);
	const types = { css: 'text/css', svg: 'image/svg+xml', js: 'text/javascript', html: 'text/html; charset=utf-8' };
	const script = `const draw = async () => {
	const [stock, cart] = await Promise.all(['/api/stock', '/api/cart'].map(async (url) => (await fetch(url)).json()));
	document.querySelectorAll('.goods button').forEach((b, n) => {
		b.disabled = !stock[n];
		b.textContent = stock[n] ? 'Add to cart' : 'Sold out';
	});
	document.querySelector('#cart').textContent = Object.values(cart).reduce((a, b) => a + b, 0);
	document.body.dataset.ready = 'yes';
};
document.querySelectorAll('.goods button').forEach((b, n) => b.addEventListener('click', async () => {
	await fetch('/api/cart/' + n, { method: 'POST' });
	draw();
}));
draw();`;
	const page = () =>
		readFileSync(join(site, shop_page), 'utf8')
			.replace('</head>', '<script src="/shop.js" defer></script></head>')
			.replace('</header>', '<a href="/checkout">Cart <b id="cart">0</b></a></header>')
			.replace(/<ul class="goods">[^]*?<\/ul>/, (list) =>
				list.replaceAll('</li>', '<button type="button" disabled>Add to cart</button></li>'),
			);
	createServer((request, response) => {
		const [, id] = /sid=(\w+)/.exec(request.headers.cookie ?? '') ?? [];
		const session = sessions.get(id) ?? {},
			path = request.url.replace(/\?.*/, '');
		if (!sessions.has(id)) {
			const fresh = randomBytes(16).toString('hex');
			sessions.set(fresh, session);
			response.setHeader('set-cookie', `sid=${fresh}; HttpOnly`);
		}
		const send = (type, body) => {
			response.setHeader('content-type', type);
			response.end(body);
		};
		const add = request.method === 'POST' && path.match(/^\/api\/cart\/(\d+)/);
		if (add) {
			if (stock[add[1]] > 0) { stock[add[1]]--; session[add[1]] = (session[add[1]] ?? 0) + 1; }
			return send('application/json', JSON.stringify(session));
		}
		if (path === '/api/stock') return send('application/json', JSON.stringify(stock));
		if (path === '/api/cart') return send('application/json', JSON.stringify(session));
		if (path === '/shop.js') return send(types.js, script);
		if (path === '/checkout')
			return send(
				types.html,
				'<!doctype html><title>Checkout</title><form method="post"><input name="card"></form>',
			);
		if (path === '/') return send(types.html, page());
		const file = join(site, normalize(path));
		if (!existsSync(file)) { response.statusCode = 404; return send(types.html, 'not found'); }
		send(types[file.split('.').pop()] ?? 'application/octet-stream', readFileSync(file));
	}).listen(Number(port), host);
}
