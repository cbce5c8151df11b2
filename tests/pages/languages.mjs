// Every kind of page in one language: node languages.mjs URL LANGUAGE < {"kind": "/path", ...}.
// Standard output: {"kind": ["what is wrong", ...], ...}. In light on a phone and in dark on a desktop: findings of
// axe-core. At 1280, at 320 pixels (a window of 1280 at 400 %) and printed: nothing wider than the window, no text on
// another. No request to another host. Without JavaScript what is read is there. The first stroke of Tab offers to skip
// to the content, each further one goes to what is seen to have the focus, and one of them to a link of the content.
import { axe_findings, launch, visits } from '../lib/browser.mjs';
import { overlaps, too_wide } from '../lib/layout.mjs';

const [base, language] = process.argv.slice(2);
let text = '';
for await (const part of process.stdin) text += part;
const browser = await launch(), visit = visits(browser), found = {};
const views = [
	{ name: 'phone, light', width: 390, height: 844, colorScheme: 'light', axe: true },
	{ name: 'desktop, dark', width: 1280, height: 900, colorScheme: 'dark', axe: true },
	{ name: '400 %', width: 320, height: 256, colorScheme: 'light' },
	{ name: 'printed', width: 643, height: 971, media: 'print' },
];

async function look(page, path, wrong) {
	page.on('request', (r) => { if (!r.url().startsWith(`${base}/`)) wrong.push(`asks ${r.url()}`); });
	page.on('pageerror', (e) => wrong.push(`error: ${e}`));
	await page.setViewportSize(views[0]);
	await page.goto(base + path, { waitUntil: 'load' });
	const lang = await page.evaluate(() => document.documentElement.lang);
	if (!lang.startsWith(language)) wrong.push(`is in "${lang}"`);
	for (const view of views) {
		await page.setViewportSize(view);
		await page.emulateMedia({ media: view.media ?? 'screen', colorScheme: view.colorScheme ?? 'light' });
		const here = [...await too_wide(page), ...await overlaps(page), ...view.axe ? await axe_findings(page) : []];
		wrong.push(...here.map((what) => `${view.name}: ${what}`));
	}
	await page.emulateMedia({ media: 'screen' });
	await page.setViewportSize(views[1]);
	await by_keyboard(page, wrong);
	return page.evaluate(() => document.querySelector('main').innerText);
}

async function by_keyboard(page, wrong) {
	for (let n = 0; n < 12; n++) {
		await page.keyboard.press('Tab');
		const now = await page.evaluate(() => {
			const e = document.activeElement, main = document.querySelector('main');
			return { skip: e.matches('.skip'), main: main.contains(e), none: !main.querySelector('a, button, input'),
				body: e === document.body, outline: getComputedStyle(e).outlineStyle, text: e.innerText };
		});
		if (n === 0 && !now.skip) wrong.push('keyboard: the first stroke does not offer to skip to the content');
		if (!now.body && now.outline === 'none') wrong.push(`keyboard: nothing shows the focus on "${now.text}"`);
		if (now.main || now.none) return;
	}
	wrong.push('keyboard: nothing of the content is reached');
}

try {
	for (const [kind, path] of Object.entries(JSON.parse(text))) {
		const wrong = found[kind] = [];
		const scripted = await visit({}, (page) => look(page, path, wrong));
		const plain = await visit({ javaScriptEnabled: false }, async (page) => {
			await page.setViewportSize(views[1]);
			await page.goto(base + path);
			return page.locator('main').innerText();
		});
		if (plain.length < 20 || plain.length < scripted.length / 2) wrong.push('without JavaScript most is missing');
	}
} finally {
	await browser.close();
}
console.log(JSON.stringify(found));
