// node ops.mjs URL TOKEN: looks at /ops as an operator does. Prints what is wrong and exits 1.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { axe_findings, launch, open_page } from '../lib/browser.mjs';

const [base, token] = process.argv.slice(2);
const shots = process.env.HOLDFAST_SHOTS;
const views = [
	{ name: 'phone', viewport: { width: 360, height: 740 }, colorScheme: 'light' },
	{ name: 'desktop', viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
];
let wrong = 0;
function expect(good, what) {
	console.log(`# ${good ? 'good' : 'WRONG'}: ${what}`);
	if (!good) wrong++;
}

// The number of items that are done, as the article of the running batch shows it; or whether it is above another.
const shown_done = (other) => {
	const article = [...document.querySelectorAll('article')].find((e) => e.textContent.includes('http #'));
	const number = /([\d,]+) of/.exec(article?.querySelector('.line')?.textContent ?? '');
	const done = number ? Number(number[1].replaceAll(',', '')) : NaN;
	return other === undefined ? done : done > other;
};

// The longest of 120 frames, in ms: drawing must not take the page's time.
const slowest_frame = () => new Promise((end) => {
	let last = performance.now(), most = 0, left = 120;
	const tick = (now) => {
		most = Math.max(most, now - last);
		last = now;
		if (--left) requestAnimationFrame(tick);
		else end(most);
	};
	requestAnimationFrame(tick);
});

async function look(browser, view) {
	const page = await open_page(browser, view);
	const messages = [], foreign = [];
	page.on('console', (m) => {
		if (m.type() === 'error' && !m.text().includes('401')) messages.push(m.text());
	});
	page.on('request', (r) => {
		if (!r.url().startsWith(base)) foreign.push(r.url());
	});
	await page.goto(`${base}/ops`);
	await page.getByLabel('Operator\'s token').fill('a guess');
	await page.getByRole('button', { name: 'Show' }).click();
	await page.getByText('This token is not the operator\'s.').waitFor();
	await page.getByLabel('Operator\'s token').fill(token);
	await page.keyboard.press('Enter');
	await page.locator('article', { hasText: 'http #' }).locator('.line').waitFor();
	// The batch is longer than this test: its number moves until it is stopped.
	const first = await page.evaluate(shown_done);
	await page.waitForFunction(shown_done, first);
	expect(first >= 0, `${view.name}: the numbers move by themselves`);
	const containers = await page.locator('article', { hasText: 'website #' }).locator('li').count();
	expect(containers === 200, `${view.name}: two hundred containers are shown`);
	const fits = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
	expect(fits, `${view.name}: nothing is wider than the window`);
	console.log(`# ${view.name}: slowest of 120 frames ${(await page.evaluate(slowest_frame)).toFixed(0)} ms`);
	const found = await axe_findings(page);
	expect(found.length === 0, `${view.name}: axe finds nothing above minor: ${found}`);
	expect(messages.length === 0, `${view.name}: nothing in the console: ${messages.join('; ')}`);
	expect(foreign.length === 0, `${view.name}: no request to anywhere else`);
	if (shots) await page.screenshot({ path: join(shots, `ops-${view.name}.png`) });
	await page.context().close();
}

if (shots) mkdirSync(shots, { recursive: true });
const browser = await launch();
for (const view of views) await look(browser, view);
await browser.close();
process.exit(wrong ? 1 : 0);
