// node ops.mjs URL TOKEN: looks at /ops as an operator does. Prints what is wrong and exits 1.
import { chromium } from 'playwright-core';
import axe from 'axe-core';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const [base, token] = process.argv.slice(2);
const shots = process.env.HOLDFAST_SHOTS;
const wrong = [];
function expect(good, what) { console.log(`# ${good ? 'good' : 'WRONG'}: ${what}`); if (!good) wrong.push(what); }

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
for (const view of [{ name: 'phone', width: 360, height: 740, colorScheme: 'light' }, { name: 'desktop', width: 1280, height: 900, colorScheme: 'dark' }]) {
	const context = await browser.newContext({ viewport: { width: view.width, height: view.height }, colorScheme: view.colorScheme });
	const page = await context.newPage();
	const messages = [], foreign = [];
	page.on('console', (m) => { if (m.type() === 'error' && !m.text().includes('401')) messages.push(m.text()); });
	page.on('request', (r) => { if (!r.url().startsWith(base)) foreign.push(r.url()); });
	await page.goto(`${base}/ops`);
	await page.getByLabel('Operator\'s token').fill('a guess');
	await page.getByRole('button', { name: 'Show' }).click();
	await page.getByText('This token is not the operator\'s.').waitFor();
	await page.getByLabel('Operator\'s token').fill(token);
	await page.keyboard.press('Enter');
	const article = page.locator('article', { hasText: 'http #' });
	await article.locator('.line').waitFor();
	const done = async () => Number(/^([\d,]+) of/.exec(await article.locator('.line').textContent())?.[1].replaceAll(',', '') ?? NaN);
	const first = await done();
	await page.waitForFunction((n) => { const a = [...document.querySelectorAll('article')].find((e) => e.textContent.includes('http #')); return Number(/([\d,]+) of/.exec(a.querySelector('.line').textContent)[1].replaceAll(',', '')) > n; }, first, { timeout: 20000 });
	expect(await done() > first || await article.locator('.state').first().textContent() === 'FINISHED', `${view.name}: the numbers move by themselves`);
	expect(await page.locator('article', { hasText: 'website #' }).locator('li').count() === 200, `${view.name}: two hundred containers are shown`);
	expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${view.name}: nothing is wider than the window`);
	// Drawing must not take the page's time: frames go on while numbers come in.
	const slowest = await page.evaluate(() => new Promise((end) => { let last = performance.now(), most = 0, left = 120; const tick = (now) => { most = Math.max(most, now - last); last = now; if (--left) requestAnimationFrame(tick); else end(most); }; requestAnimationFrame(tick); }));
	console.log(`# ${view.name}: slowest of 120 frames ${slowest.toFixed(0)} ms`);
	await page.evaluate(axe.source);
	const found = (await page.evaluate(() => globalThis.axe.run())).violations.filter((v) => v.impact !== 'minor');
	expect(found.length === 0, `${view.name}: axe finds nothing above minor: ${found.map((v) => v.id).join(' ')}`);
	expect(messages.length === 0, `${view.name}: nothing in the console: ${messages.join('; ')}`);
	expect(foreign.length === 0, `${view.name}: no request to anywhere else`);
	if (shots) { mkdirSync(shots, { recursive: true }); await page.screenshot({ path: join(shots, `ops-${view.name}.png`) }); }
	await context.close();
}
await browser.close();
process.exit(wrong.length ? 1 : 0);
