// Visits a shop's own site as phones and desktops do, and reports in TAP.
//   node visit_shop.mjs NAME=URL...     NAME: of the shop in layout.json
// Each page: no finding of axe-core, nothing wider than the window, also at 320 px, no text on another, also as
// printed, its parts where layout.json has them, no request to another host and no more than the page and its script.
// Without JavaScript only the line about this moment is missing. The first key stroke skips to the content, and every
// link and button can be reached and is large enough to touch.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { axe_findings, launch, visits } from '../lib/browser.mjs';
import { golden, overlaps, too_wide } from '../lib/layout.mjs';
import { finish, ok } from '../lib/tap.mjs';

const shots = process.env.HOLDFAST_SHOTS;
const views = [
	{ name: 'narrow', width: 320, height: 700, colorScheme: 'light' },
	{ name: 'phone', width: 360, height: 800, colorScheme: 'dark' },
	{ name: 'tablet', width: 768, height: 1000, colorScheme: 'light' },
	{ name: 'desktop', width: 1280, height: 900, colorScheme: 'light' },
];
const kept = golden();

// One load of the page, seen in these views.
async function look(page, base, shop, path, seen_in) {
	const heard = [], requests = [];
	page.on('console', (m) => heard.push(`console: ${m.text()}`));
	page.on('pageerror', (e) => heard.push(`error: ${e}`));
	page.on('request', (r) => requests.push(r.url()));
	await page.setViewportSize(seen_in[0]);
	await page.goto(base + path, { waitUntil: 'load' });
	for (const view of seen_in) await look_as(page, shop, path, view);
	for (const url of requests) if (!url.startsWith(`${base}/`)) heard.push(`request to ${url}`);
	if (requests.length > 2) heard.push(`${requests.length} requests: ${requests}`);
	ok(heard.length === 0, `${shop} ${path}: asks for itself and its script, and complains of nothing`, heard);
}

async function look_as(page, shop, path, view) {
	await page.setViewportSize(view);
	await page.emulateMedia({ colorScheme: view.colorScheme });
	const complaints = [];
	complaints.push(...await too_wide(page), ...await overlaps(page), ...await kept.compare(page, `${shop} ${path}`));
	const small = await page.$$eval('.b, .links a, .top a', (all) =>
		all.filter((a) => a.getBoundingClientRect().height < 44).map((a) => a.textContent));
	if (small.length) complaints.push(`too small to touch: ${small}`);
	complaints.push(...await axe_findings(page, { minor: true }));
	await page.emulateMedia({ media: 'print' });
	complaints.push(...(await overlaps(page)).map((line) => `printed: ${line}`));
	if (await page.isVisible('.do')) complaints.push('printed: buttons');
	await page.emulateMedia({ media: 'screen' });
	ok(complaints.length === 0, `${shop} ${path}, ${view.name}: sound`, complaints);
	if (shots && path === '/')
		await page.screenshot({ path: join(shots, `shop-${shop}-${view.name}.png`), fullPage: true });
}

async function text_of(page, base) {
	await page.setViewportSize(views[3]);
	await page.goto(`${base}/`);
	await page.locator('.state').evaluateAll((all) => all.forEach((e) => e.remove()));
	return page.locator('body').innerText();
}

async function by_keyboard(page, base) {
	await page.setViewportSize(views[3]);
	await page.goto(`${base}/`);
	const links = await page.$$eval('a', (all) => all.map((a) => a.href));
	const reached = [];
	for (let i = 0; i < links.length; i++) {
		await page.keyboard.press('Tab');
		reached.push(await page.evaluate(() => document.activeElement.href));
	}
	ok(links.join() === reached.join(), 'every link is reached by keyboard, in the order of the page', reached);
	await page.goto(`${base}/`);
	await page.keyboard.press('Tab');
	await page.keyboard.press('Enter');
	await page.waitForURL((url) => url.hash === '#main');
	ok(true, 'the first one skips to the content');
}

if (shots) mkdirSync(shots, { recursive: true });
const browser = await launch();
try {
	const visit = visits(browser);
	const paths = [['/', views], ...['/imprint/', '/privacy/', '/404.html'].map((path, n) => [path, [views[n]]])];
	for (const argument of process.argv.slice(2)) {
		const [, shop, base] = argument.match(/^(\w+)=(.*)$/);
		for (const [path, seen_in] of paths) await visit({}, (page) => look(page, base, shop, path, seen_in));
		const plain = await visit({ javaScriptEnabled: false }, (page) => text_of(page, base));
		const scripted = await visit({}, (page) => text_of(page, base));
		ok(plain.length > 500 && plain === scripted, 'the same without JavaScript but for the line about this moment');
		await visit({}, (page) => by_keyboard(page, base));
	}
	kept.finish();
} catch (error) {
	ok(false, 'the visit goes through', String(error.stack ?? error));
} finally {
	await browser.close();
}
finish();
