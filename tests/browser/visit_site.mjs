// Visits the exported site as phones and desktops do, and reports in TAP.
//   node visit_site.mjs URL
// Every page is crawled: no link of it is broken, nothing is asked of anybody else. Of each kind of page: no
// finding above minor of axe-core, nothing wider than the window at 400 %, no text on another, its parts where
// layout.json has them, bounds on its weight, fit to print, the same without JavaScript; what the script says of a
// business is what its table says; the way from home to a business by keyboard alone.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { axe_reader, launch, open_page, visits } from '../lib/browser.mjs';
import { golden, overlaps, too_wide } from '../lib/layout.mjs';
import { finish, ok } from '../lib/tap.mjs';

const [base] = process.argv.slice(2);
const shots = process.env.HOLDFAST_SHOTS;
const weights = { document: 40000, stylesheet: 11900, script: 3100, all: 60000 };
// The page of what is missing searches for what its address was about.
const weights_of = { missing: { ...weights, script: 30900 }, search: { ...weights, script: 30900 } };
const views = [
	{ name: 'phone', width: 390, height: 844, colorScheme: 'light', axe: true },
	{ name: 'desktop', width: 1280, height: 900, colorScheme: 'dark', axe: true },
	// A window of 1280 x 1024 at 400 %: WCAG 1.4.10.
	{ name: 'zoomed', width: 320, height: 256, colorScheme: 'dark' },
];
const kept = golden();

// Every page that links lead to: address -> text.
async function crawl() {
	const pages = new Map(), wanted = ['/'], broken = [], elsewhere = [];
	const seen = new Set(wanted);
	while (wanted.length) {
		await Promise.all(wanted.splice(0, 8).map(async (path) => {
			const answer = await fetch(base + path);
			const type = answer.headers.get('content-type') ?? '';
			const text = await answer.text();
			if (answer.status !== 200) return broken.push(`${path}: ${answer.status}`);
			if (!type.startsWith('text/html')) return;
			pages.set(path, text);
			for (const [, attribute, raw] of text.matchAll(/\b(href|src)="([^"]*)"/g)) {
				const link = raw.replaceAll('&amp;', '&').replaceAll('&#39;', "'");
				if (/^(#|geo:|tel:|sms:|mailto:)/.test(link)) continue;
				const url = new URL(link, base + path);
				if (url.origin !== base) { if (attribute === 'src') elsewhere.push(`${path}: ${link}`); continue; }
				const next = url.pathname;
				if (!seen.has(next)) { seen.add(next); wanted.push(next); }
			}
		}));
	}
	ok(
		pages.size > 100 && broken.length === 0,
		`no link is broken on ${pages.size} pages and ${seen.size} files`,
		broken,
	);
	ok(elsewhere.length === 0, 'nothing of a page comes from elsewhere', elsewhere);
	return new Map([...pages].sort(([a], [b]) => (a < b ? -1 : 1))); // the same pages are looked at each time
}

// One load of the page, seen in every view and as it is printed. Returns its text as people read it.
async function look(page, name, path, has) {
	const complaints = [], weight = { document: 0, stylesheet: 0, script: 0, all: 0 };
	let requests = 0;
	page.on('console', (m) => complaints.push(`console: ${m.text()}`));
	page.on('pageerror', (e) => complaints.push(`error: ${e}`));
	page.on('request', (r) => {
		if (!r.url().startsWith(`${base}/`)) complaints.push(`request to ${r.url()}`);
		if (!['image', 'other'].includes(r.resourceType())) requests++;
	});
	page.on('response', (r) => {
		const n = Number(r.headers()['content-length'] ?? 0), kind = r.request().resourceType();
		weight.all += n;
		if (kind in weight) weight[kind] += n;
	});
	await page.setViewportSize(views[0]);
	await page.goto(base + path, { waitUntil: 'load' });
	const text = await page.evaluate(() => document.body.innerText);
	for (const part of has) if (!text.includes(part)) complaints.push(`"${part}" is not there`);
	for (const [what, most] of Object.entries(weights_of[name] ?? weights))
		if (weight[what] > most) complaints.push(`${what} weighs ${weight[what]} bytes, more than ${most}`);
	// The page of what is missing searches at once.
	if (requests > 3 && name !== 'missing') complaints.push(`${requests} requests`);
	if (
		(await page.context().cookies()).length ||
		(await page.evaluate(() => localStorage.length + sessionStorage.length))
	)
		complaints.push('something is stored in the browser');
	ok(complaints.length === 0, `${name}: complete (${weight.all} bytes in all)`, complaints);
	for (const view of views) await look_as(page, name, view);
	await look_printed(page, name);
	return text;
}

async function look_as(page, name, view) {
	await page.setViewportSize(view);
	await page.emulateMedia({ colorScheme: view.colorScheme });
	const complaints = [...await too_wide(page), ...await overlaps(page), ...await kept.compare(page, name)];
	if (view.axe) complaints.push(...await read(page, view));
	ok(complaints.length === 0, `${name}, ${view.name}: sound`, complaints);
	if (shots) await page.screenshot({ path: join(shots, `site-${name}-${view.name}.png`), fullPage: true });
}

// As printed on A4 with margins of 2 cm: no bar, no button, no pattern, black on white; a business on one sheet.
async function look_printed(page, name) {
	await page.setViewportSize({ width: 643, height: 971 });
	await page.emulateMedia({ media: 'print', colorScheme: 'light' });
	const complaints = [...await too_wide(page), ...await overlaps(page)];
	complaints.push(...await page.evaluate(() => [...document.querySelectorAll(
		'.top nav, .bar, .actions, .search, .pager, .skip, .upkeep, div.pic')]
		.filter((e) => e.getClientRects().length && !e.matches('.skip'))
		.map((e) => `printed: ${e.className}`)));
	const { height, colour } = await page.evaluate(() => ({ height: document.documentElement.scrollHeight,
		colour: getComputedStyle(document.body).color + getComputedStyle(document.body).backgroundColor }));
	if (colour !== 'rgb(0, 0, 0)rgb(255, 255, 255)') complaints.push(`printed in ${colour}`);
	if (name === 'plain business' && height > 971) complaints.push(`${height} pixels high, more than a sheet`);
	ok(complaints.length === 0, `${name}, printed: all of it and nothing else`, complaints);
	if (shots) await page.screenshot({ path: join(shots, `site-${name}-printed.png`), fullPage: true });
	await page.emulateMedia({ media: 'screen' });
}

// Without scripts only the lines about this moment are missing, and what narrows a list to them.
async function without_script(visit, name, path, scripted) {
	const lines = (text) => text.split('\n').map((line) => line.trim())
		.filter((line) => line && !/^(Open|Closed, opens|All$)\b/.test(line));
	const [plain, instead] = await visit({ javaScriptEnabled: false }, async (page) => {
		await page.setViewportSize(views[0]);
		await page.goto(base + path);
		// In lists the script puts the moment in place of the week, on the search page the field in place of what is
		// said to those without scripts.
		const instead = await page.locator('[data-week], [data-no-script] > *').allInnerTexts();
		return [await page.locator('body').innerText(), instead];
	});
	const without = new Set(instead.map((text) => text.trim()));
	const missing = lines(plain).filter((line) => !without.has(line) && !scripted.includes(line));
	const added = ['missing', 'search'].includes(name) ? [] // the script offers a search there
		: lines(scripted).filter((line) => !plain.includes(line));
	ok(missing.length + added.length === 0 && plain.length > 100, `${name}: the same without JavaScript`,
		[...missing.map((line) => `with scripts there is no: ${line}`), ...added.map((line) => `only with: ${line}`)]);
}

// Instants of which the table says what the line must say. The page's clock is set, the shop's zone is not the
// browser's.
async function open_now(browser, pages) {
	const [path] =
		[...pages].find(([, text]) => text.includes('at-hours') && /data-week="480-720,/.test(text)) ??
		[...pages].find(([, text]) => text.includes('at-hours') && text.includes('data-week='));
	const text = pages.get(path);
	const [, week] = text.match(/data-week="([^"]*)"/), zone = 'Europe/Berlin';
	ok(text.includes('data-zone="60e"'), `${path} has the rule of ${zone}`);
	const spans = week.split(',').map((s) => s.split('-').map(Number));
	// Minutes of the week in the shop's zone, for an instant.
	const minute = (at) => {
		const p = Object.fromEntries(
			new Intl.DateTimeFormat('en-GB', {
				timeZone: zone,
				weekday: 'short',
				hour: '2-digit',
				minute: '2-digit',
				hourCycle: 'h23',
			})
				.formatToParts(at)
				.map((x) => [x.type, x.value]),
		);
		return (
			['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(p.weekday) * 1440 +
			Number(p.hour) * 60 +
			Number(p.minute)
		);
	};
	const page = await open_page(browser, { timezoneId: 'Pacific/Auckland' });
	const wrong = [];
	let open = 0, instants = 0;
	for (let hour = 0; hour < 168; hour += 11, instants++) { // every weekday, 16 hours of the day
		const at = Date.UTC(2026, 4, 4, 0, 7) + hour * 3600000, now = minute(at);
		await page.clock.setFixedTime(at);
		await page.goto(base + path);
		const line = await page.locator('[data-week]').innerText();
		const span = spans.find(([from, to]) => from <= now && now < to);
		if (span) open++;
		const next = span ? span[1] : Math.min(...spans.map(([from]) => (from > now ? from : from + 10080)));
		const time = `${String(Math.floor((next % 1440) / 60)).padStart(2, '0')}:${String(next % 60).padStart(2, '0')}`;
		if (!line.startsWith(span ? 'Open until' : 'Closed, opens') || !line.endsWith(time))
			wrong.push(`minute ${now}: "${line}", not ${span ? 'open until' : 'opens'} ${time}`);
	}
	await page.context().close();
	ok(
		wrong.length === 0 && open > 1 && open < instants - 1,
		`what the script says is what the table says, at ${instants} instants of a week (open at ${open})`,
		wrong,
	);
}

// What a list shows is what its map shows, also when it is narrowed to what is open.
async function on_map(visit, path) {
	await visit({}, async (page) => {
		await page.goto(base + path);
		const look = () => page.evaluate(() => [
			[...document.querySelectorAll('.found > [data-n]:not([hidden])')].map((e) =>
				`${e.dataset.n} ${e.querySelector('h2 a').getAttribute('href')} ${!!e.querySelector('.is-open')}`),
			[...document.querySelectorAll('.spots a:not([hidden])')].map((e) =>
				`${e.textContent} ${e.getAttribute('href')} ${e.classList.contains('is-open')}`),
		].map((lines) => lines.join('\n')));
		const [items, pins] = await look();
		await page.click('#narrow [data-open]');
		const [fewer, left] = await look();
		ok(items.length > 0 && items === pins && fewer === left && !left.includes('false'),
			`${path}: the map has the numbers of the list`, [items, pins, fewer, left]);
	});
}

// The script comes when the page has been shown, and says what is longest: what it changes has its room already.
async function late_script(visit, name, path) {
	const small = { ...views[0], name: 'small phone', width: 360 }, text = 'Geschlossen, öffnet Donnerstag 10:00';
	for (const view of [small, ...views.slice(0, 2)]) await visit({}, async (page) => {
		let shown;
		const painted = new Promise((resolve) => { shown = resolve; });
		await page.setViewportSize(view);
		await page.addInitScript(() => {
			globalThis.moved = [];
			new PerformanceObserver((list) => globalThis.moved.push(...list.getEntries().map((e) =>
				`${e.value}: ${e.sources.map((s) => s.node?.outerHTML?.slice(0, 60)).join(', ')}`)))
				.observe({ type: 'layout-shift', buffered: true });
		});
		await page.route(/open\.js/, async (route) => {
			await painted;
			const response = await route.fetch(), script = await response.text();
			const longest = script.replace(/Open until \{time\}|Closed, opens \{time\}/g, text);
			await route.fulfill({ response, body: view === small ? longest : script });
		});
		await page.goto(base + path, { waitUntil: 'commit' });
		await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length);
		shown();
		await page.waitForFunction(() => document.querySelector('[data-week].state:not(:empty)'));
		const moved = await page.evaluate(() => new Promise((resolve) =>
			requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(globalThis.moved))))));
		await page.unroute(/open\.js/);
		ok(moved.length === 0, `${name}, ${view.name}: nothing moves when the script comes late`, moved);
	});
}

async function by_keyboard(browser) {
	const page = await open_page(browser, { viewport: views[1] });
	await page.goto(`${base}/`);
	const focused = () =>
		page.evaluate(() => {
			const e = document.activeElement;
			return {
				href: e.getAttribute('href') ?? '',
				text: e.innerText ?? '',
				outline: getComputedStyle(e).outlineStyle,
			};
		});
	const tab_until = async (wanted, most) => {
		for (let n = 0; n < most; n++) {
			await page.keyboard.press('Tab');
			const now = await focused();
			if (now.outline === 'none') ok(false, `focus shows on "${now.text}"`);
			if (wanted(now)) return true;
		}
		return false;
	};
	const follow = (pattern) => Promise.all([page.waitForURL(pattern), page.keyboard.press('Enter')]);
	ok(
		await tab_until((e) => e.text === 'Skip to the content', 1),
		'the first key stroke offers to skip to the content',
	);
	ok(await tab_until((e) => /^\/kind\/[^/]+\/$/.test(e.href), 10), 'a kind of business is reached by keyboard');
	await follow(/\/kind\//);
	ok(await tab_until((e) => /^\/in\/[^/]+\/[^/]+\.html$/.test(e.href), 10), 'from it a list');
	await follow(/\/in\//);
	ok(await tab_until((e) => /-[0-9a-z]{13}\.html$/.test(e.href) && !/^\/in\//.test(e.href), 12),
		'and from that a business');
	await follow(/-[0-9a-z]{13}\.html$/);
	ok((await page.locator('h1').innerText()).length > 1, 'which has a name');
	await page.context().close();
}

if (shots) mkdirSync(shots, { recursive: true });
const browser = await launch();
const read = axe_reader(browser);
const visit = visits(browser);
try {
	const pages = await crawl();
	const find = (test) => [...pages].find(([, text]) => test(text))?.[0];
	// The longest, or the shortest, of the pages whose path and text are so.
	const by_length = (path, text = () => true) => [...pages].filter(([p, t]) => path.test(p) && text(t))
		.sort((a, b) => b[1].length - a[1].length).map(([p]) => p);
	const region = by_length(/^\/in\/[^/]+\/$/)[0], category = by_length(/^\/kind\/[^/]+\/$/)[0],
		list = by_length(/^\/in\/[^/]+\/[^/]+\.html$/)[0];
	const kinds = [
		['home', '/', ['By kind', 'By region']],
		[
			'boutique',
			find((t) => t.includes('<h1>Fadenspiel')),
			['Goods and services', '129', 'Opening hours', 'Samples of the test'],
		],
		[
			'tiler',
			find((t) => t.includes('<h1>Fliesen Falkner')),
			['Also serves', 'This is my business', 'Report an error', 'CC0-1.0'],
		],
		['region', region, ['businesses, by kind']],
		['category', category, ['businesses, by region']],
		['list', list, ['in this list']],
		[
			'plain business',
			by_length(/./, (t) => /class="hours"/.test(t) && /class="map"/.test(t) && !/at-goods/.test(t)).at(-1),
			['Contact'],
		],
		['place', '/hochtann/', ['Businesses']],
		['search', '/search/', ['Search']],
		['sources', '/sources/', ['Samples of the test']],
		['imprint', '/imprint/', ['Example Operator']],
		['privacy', '/privacy/', ['no cookies']],
		['missing', '/404.html', ['Not found']],
	];
	for (const [name, path, has] of kinds) {
		ok(path !== undefined, `there is a page: ${name}`);
		if (path === undefined) continue;
		const text = await visit({}, (page) => look(page, name, path, has));
		await without_script(visit, name, path, text);
	}
	for (const [name, path] of kinds.filter(([name]) => ['tiler', 'plain business', 'place', 'region'].includes(name)))
		await late_script(visit, name, path);
	await on_map(visit, by_length(/./, (t) => /class="map spots"/.test(t) && /data-open/.test(t))[0]);
	await open_now(browser, pages);
	await by_keyboard(browser);
	kept.finish();
} catch (error) {
	ok(false, 'the visit goes through', String(error.stack ?? error));
} finally {
	await browser.close();
}
finish();
