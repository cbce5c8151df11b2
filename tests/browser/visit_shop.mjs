// Visits a shop's own site as phones and desktops do, and reports in TAP.
//   node visit_shop.mjs URL NAME     NAME: of the shop in layout.json
// Each page: no finding of axe-core, nothing wider than the window, also at 320 px, no text on another, also as
// printed, its parts where layout.json has them, no request to another host and no more than the page and its script.
// Without JavaScript only the line about this moment is missing. The first key stroke skips to the content, and every
// link and button can be reached and is large enough to touch.
import axe from 'axe-core';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, open_page, visits } from '../lib/browser.mjs';
import { golden, overlaps, too_wide } from '../lib/layout.mjs';
import { finish, ok } from '../lib/tap.mjs';

const [base, shop] = process.argv.slice(2);
const shots = process.env.HOLDFAST_SHOTS;
const views = [
	{ name: 'narrow', width: 320, height: 700, colorScheme: 'light' },
	{ name: 'phone', width: 360, height: 800, colorScheme: 'dark' },
	{ name: 'tablet', width: 768, height: 1000, colorScheme: 'light' },
	{ name: 'desktop', width: 1280, height: 900, colorScheme: 'light' },
];
const kept = golden();
async function look(page, path, view) {
	const complaints = [], requests = [];
	page.on('console', (m) => complaints.push(`console: ${m.text()}`));
	page.on('pageerror', (e) => complaints.push(`error: ${e}`));
	page.on('request', (r) => requests.push(r.url()));
	await page.goto(base + path, { waitUntil: 'load' });
	for (const url of requests) if (!url.startsWith(`${base}/`)) complaints.push(`request to ${url}`);
	if (requests.length > 2) complaints.push(`${requests.length} requests: ${requests}`);
	complaints.push(...await too_wide(page), ...await overlaps(page), ...await kept.compare(page, `${shop} ${path}`));
	const small = await page.$$eval('.b, .links a, .top a', (all) =>
		all.filter((a) => a.getBoundingClientRect().height < 44).map((a) => a.textContent));
	if (small.length) complaints.push(`too small to touch: ${small}`);
	await page.evaluate(axe.source);
	for (const v of await page.evaluate(async () => (await globalThis.axe.run()).violations))
		complaints.push(`axe: ${v.help}: ${v.nodes.map((n) => n.target)}`);
	await page.emulateMedia({ media: 'print' });
	complaints.push(...(await overlaps(page)).map((line) => `printed: ${line}`));
	if (await page.isVisible('.do')) complaints.push('printed: buttons');
	await page.emulateMedia({ media: 'screen' });
	ok(complaints.length === 0, `${path}, ${view.name}: sound`, complaints);
	if (shots && path === '/') {
		const name = new URL(base).port;
		await page.screenshot({ path: join(shots, `shop-${name}-${view.name}.png`), fullPage: true });
	}
}

async function text_of(browser, javaScriptEnabled) {
	const page = await open_page(browser, { javaScriptEnabled });
	await page.goto(`${base}/`);
	await page.locator('.state').evaluateAll((all) => all.forEach((e) => e.remove()));
	const text = await page.locator('body').innerText();
	await page.context().close();
	return text;
}

async function by_keyboard(browser) {
	const page = await open_page(browser, { viewport: views[3] });
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
	ok(page.url().endsWith('#main'), 'the first one skips to the content');
	await page.context().close();
}

if (shots) mkdirSync(shots, { recursive: true });
const browser = await launch();
try {
	const visit = visits(browser);
	const seen = [...views.map((view) => ['/', view]),
		...['/imprint/', '/privacy/', '/404.html'].map((path, n) => [path, views[n]])];
	for (const [path, view] of seen)
		await visit({ viewport: view, colorScheme: view.colorScheme }, (page) => look(page, path, view));
	const [plain, scripted] = [await text_of(browser, false), await text_of(browser, true)];
	ok(plain.length > 500 && plain === scripted, 'the same without JavaScript but for the line about this moment');
	await by_keyboard(browser);
	kept.finish();
} catch (error) {
	ok(false, 'the visit goes through', String(error.stack ?? error));
} finally {
	await browser.close();
}
finish();
