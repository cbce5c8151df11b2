// Visits every kind of page as phones and desktops do, and reports in TAP.
//   node visit.mjs URL URL_WITHOUT_DATABASE
// Of each page: no finding above minor of axe-core, in light and dark; no request to anywhere else, no message in the
// console, nothing wider than the window; bounds on its weight; the same without JavaScript. Then the way from the
// search box to a business by keyboard alone.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { axe_reader, launch, open_page, visits } from '../lib/browser.mjs';
import { finish, ok } from '../lib/tap.mjs';

const [base, away] = process.argv.slice(2);
const shots = process.env.HOLDFAST_SHOTS;
// In bytes, uncompressed.
const weights = { html: 40000, css: 14200, all: 60000 };
// axe-core, which costs most, sees each width and each scheme of colours once.
const views = [
	{ name: 'phone', reads: true, width: 390, height: 844, colorScheme: 'light' },
	{ name: 'desktop', width: 1280, height: 900, colorScheme: 'light' },
	{ name: 'dark', reads: true, width: 1280, height: 900, colorScheme: 'dark' },
	{ name: 'narrow', width: 320, height: 600, colorScheme: 'dark' },
];

const find = async (q) => {
	const answer = await (await fetch(`${base}/v1/businesses?limit=1&q=${q}`)).json();
	if (!answer.businesses?.length) throw new Error(`the samples have no ${q}`);
	return answer.businesses[0];
};

async function pages() {
	const tiler = await find('falkner'), boutique = await find('fadenspiel');
	const regions = (await (await fetch(`${base}/v1/regions`)).json()).regions;
	const region = regions.find((r) => r.name) ?? regions[0];
	return [
		{
			name: 'home',
			url: `${base}/`,
			has: ['What are you looking for?', 'By kind', 'By region', 'Samples of the test', 'CC0-1.0'],
		},
		{
			name: 'results',
			url: `${base}/search?q=bakery`,
			has: ['“bakery”', 'Next page', 'Kind of business', 'licence: CC0-1.0'],
		},
		{
			name: 'list',
			url: `${base}/search?category=food-shops&region=${region.key}&open_at=now`,
			has: ['Food shops in', 'Everywhere'],
		},
		{
			name: 'near',
			url: `${base}/search?near=${tiler.location.lat},${tiler.location.lon}&radius=20000`,
			has: ['nearby', 'Fliesen Falkner'],
		},
		{ name: 'mended', url: `${base}/search?q=falkmer`, has: ['Showing results for', 'Fliesen Falkner'] },
		{ name: 'nothing', url: `${base}/search?q=zzyzzyzzy`, has: ['Nothing found'] },
		{
			name: 'tiler',
			url: `${base}/b/${tiler.id}`,
			has: [
				'Fliesen Falkner & Amsel',
				'Also serves',
				'Opening hours',
				'This is my business',
				'Report an error',
				'OpenStreetMap',
				'Samples of the test',
			],
		},
		{ name: 'boutique', url: `${base}/b/${boutique.id}`, has: ['Fadenspiel', 'Goods', '129'] },
		{ name: 'regions', url: `${base}/regions`, has: [region.name] },
		{ name: 'towns', url: `${base}/regions/${region.key}`, has: [`Towns in ${region.name}`] },
		{ name: 'sources', url: `${base}/sources`, has: ['Sources and licences', 'Samples of the test'] },
		{ name: 'imprint', url: `${base}/imprint`, has: ['Example Operator', '1000 Exampletown'] },
		{ name: 'privacy', url: `${base}/privacy`, has: ['no cookies', 'Example Operator'] },
		{ name: 'lost', url: `${base}/b/nowhere`, status: 404, has: ['Search'] },
		{ name: 'wrong', url: `${base}/search?near=here`, status: 400, has: ['near is'] },
		{ name: 'busy', url: `${away}/`, status: 503, has: ['try again'] },
	];
}

// One load of the page, seen in every view.
async function look(page, page_of) {
	const complaints = [], weight = { html: 0, css: 0, all: 0 };
	const expected = page_of.status ?? 200;
	page.on('console', (m) => {
		if (!(expected >= 400 && m.text().includes(`status of ${expected}`))) complaints.push(`console: ${m.text()}`);
	});
	page.on('pageerror', (e) => complaints.push(`error: ${e}`));
	page.on('request', (r) => {
		if (!r.url().startsWith(new URL(page_of.url).origin + '/')) complaints.push(`request to ${r.url()}`);
	});
	page.on('response', async (r) => {
		const n = Number(r.headers()['content-length'] ?? 0);
		weight.all += n;
		if (r.request().resourceType() === 'document') weight.html += n;
		if (r.request().resourceType() === 'stylesheet') weight.css += n;
	});
	await page.setViewportSize(views[0]);
	const response = await page.goto(page_of.url, { waitUntil: 'load' });
	if (response.status() !== expected) complaints.push(`status ${response.status()}`);
	for (const view of views) await look_as(page, page_of, view);
	for (const [what, most] of Object.entries(weights))
		if (weight[what] > most) complaints.push(`${what} weighs ${weight[what]} bytes, more than ${most}`);
	ok(complaints.length === 0, `${page_of.name}: complete (${weight.html} bytes of HTML)`, complaints);
}

async function look_as(page, page_of, view) {
	await page.setViewportSize(view);
	await page.emulateMedia({ colorScheme: view.colorScheme });
	const complaints = [];
	const { text, wide } = await page.evaluate(() => ({ text: document.body.innerText,
		wide: document.documentElement.scrollWidth > innerWidth }));
	for (const part of page_of.has) if (!text.includes(part)) complaints.push(`"${part}" is not there`);
	if (wide) complaints.push('wider than the window');
	if (view.reads) complaints.push(...await read(page, view));
	ok(complaints.length === 0, `${page_of.name}, ${view.name}: sound`, complaints);
	if (shots) await page.screenshot({ path: join(shots, `${page_of.name}-${view.name}.png`) });
}

// The same text whether scripts run or not. (The script of the search box is a file; a block of facts in JSON-LD is
// data.)
async function without_script(page, page_of) {
	await page.goto(page_of.url);
	const html = (await page.content())
		.replace(/<script type="application\/ld\+json">[^<]*<\/script>/g, '')
		.replace(/<script src="\/assets\/search\.js[^"]*" defer(="")?><\/script>/g, '');
	const text = await page.locator('body').innerText();
	ok(
		page_of.has.every((part) => text.includes(part)) && !/<script|<style| style=| on[a-z]+=/.test(html),
		`${page_of.name}: the same without JavaScript, and nothing inline`,
		text.slice(0, 300),
	);
}

const focused = (page) =>
	page.evaluate(() => {
		const e = document.activeElement;
		return {
			id: e.id,
			text: e.textContent.trim(),
			found: !!e.closest('.found'),
			outline: getComputedStyle(e).outlineStyle,
		};
	});

async function tab_until(page, wanted, most) {
	for (let i = 0; i < most; i++) {
		await page.keyboard.press('Tab');
		const now = await focused(page);
		if (now.outline === 'none') ok(false, `focus shows on "${now.text || now.id}"`);
		if (wanted(now)) return true;
	}
	return false;
}

async function by_keyboard(browser) {
	const page = await open_page(browser, { viewport: views[1] });
	await page.goto(`${base}/`);
	ok(
		await tab_until(page, (e) => e.text === 'Skip to the content', 1),
		'the first key stroke offers to skip to the content',
	);
	ok(await tab_until(page, (e) => e.id === 'q', 8), 'the search box is reached by keyboard');
	await page.keyboard.type('falkner');
	await Promise.all([page.waitForURL(/\/search\?q=falkner/), page.keyboard.press('Enter')]);
	ok(await tab_until(page, (e) => e.found, 12), 'and from it a result');
	await Promise.all([page.waitForURL(/-[0-9a-z]{13}\.html$/), page.keyboard.press('Enter')]);
	ok((await page.locator('h1').innerText()) === 'Fliesen Falkner & Amsel', 'and the business');
	await page.context().close();
}

// Next pages by their links: every business once.
async function page_by_page(browser) {
	const page = await open_page(browser);
	const seen = [];
	await page.goto(`${base}/search?category=food-shops`);
	for (let n = 0; n < 5; n++) {
		seen.push(...await page.locator('.found h2 a').evaluateAll((all) => all.map((a) => a.href)));
		if (!await page.locator('a.next').count()) break;
		await Promise.all([page.waitForNavigation(), page.click('a.next')]);
	}
	ok(
		seen.length > 40 && new Set(seen).size === seen.length,
		'pages follow one another without repeating a business',
		`${seen.length} seen, ${new Set(seen).size} of them different`,
	);
	await Promise.all([page.waitForNavigation(), page.click('text=First page')]);
	ok((await page.locator('.found h2 a').first().evaluate((a) => a.href)) === seen[0], 'and lead back to the first');
	await page.context().close();
}

// Every filter that is offered leads to a list.
async function filters(browser) {
	const page = await open_page(browser);
	const wrong = [];
	for (const start of [
		'/search',
		'/search?q=bakery&sort=quality',
		'/search?sort=name',
		'/search?category=food-shops',
		'/search?near=48.1,11.6',
	]) {
		await page.goto(base + start);
		const links = await page.locator('.filters a, .orders a').evaluateAll((all) => all.map((a) => a.href));
		if (links.length < 5) wrong.push(`${start} offers ${links.length}`);
		for (const link of links) {
			const answer = await fetch(link);
			if (answer.status !== 200) wrong.push(`${start}: ${link} answers ${answer.status}`);
		}
	}
	ok(wrong.length === 0, 'every filter and order that is offered is possible', wrong);
	await page.context().close();
}

if (shots) mkdirSync(shots, { recursive: true });
const browser = await launch();
const read = axe_reader(browser);
const visit = visits(browser);
try {
	const all = await pages();
	for (const page_of of all) {
		await visit({}, (page) => look(page, page_of));
		await visit({ javaScriptEnabled: false }, (page) => without_script(page, page_of));
	}
	await by_keyboard(browser);
	await page_by_page(browser);
	await filters(browser);
} catch (error) {
	ok(false, 'the visit goes through', String(error.stack ?? error));
} finally {
	await browser.close();
}
finish();
