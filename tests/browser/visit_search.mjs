// The search of an exported site in Chromium: its page, the home page's field, the page of missing addresses.
//   node visit_search.mjs BASE     ends with 1 and says what is wrong
import { axe_findings, launch, open_page } from '../lib/browser.mjs';

const [base] = process.argv.slice(2);
const wrong = [];
const expect = (what, got, wanted) => {
	const [is, should] = [got, wanted].map((v) => JSON.stringify(v));
	if (is !== should) wrong.push(`${what}: ${is}, not ${should}`);
};
const browser = await launch();
const page = await open_page(browser, { viewport: { width: 360, height: 740 } });
const elsewhere = [];
page.on('request', (r) => { if (!r.url().startsWith(base)) elsewhere.push(r.url()); });
page.on('pageerror', (error) => wrong.push(`error: ${error}`));

await page.goto(`${base}/`);
await page.fill('input[name=q]', 'falkner hochtann');
await page.keyboard.press('Enter');
await page.waitForSelector('#results .found a');
expect('the first answer', await page.textContent('#results .found li:first-child h2'),
	'Fliesen Falkner und Sperling');
expect('the field keeps the text', await page.inputValue('input[name=q]'), 'falkner hochtann');
expect('no sideways scrolling',
	await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
expect('axe', await axe_findings(page, { minor: true }), []);
await page.click('#results .found a');
expect('the answer leads to its page', await page.textContent('h1'), 'Fliesen Falkner und Sperling');
const path = new URL(page.url()).pathname, id = path.replace(/\.html$/, '').slice(-13);

await page.goto(`${base}/search/?q=restaurant`);
await page.waitForSelector('#results .note');
expect('what is beyond leads to the live directory',
	await page.getAttribute('#results p:last-child a', 'href'), 'https://live.example/search?q=restaurant');

// Python's server has a page of its own for missing addresses: this one is asked for under such an address.
const missing = await (await fetch(`${base}/404.html`)).text();
await page.route(`${base}/hochtann/*`, (route) =>
	route.fulfill({ status: 404, contentType: 'text/html', body: missing }));
await page.goto(`${base}/hochtann/fliesen-falkner-${id}.html`);
await page.waitForSelector('#results .found a');
expect('a moved page is found by the id at the end of its address',
	await page.getAttribute('#results .found a', 'href'), path);
await page.goto(`${base}/hochtann/no-such-thing.html`);
expect('else the field has the words of the address', await page.inputValue('input[name=q]'), 'no such thing');
expect('requests to others', elsewhere, []);
await page.context().close();

const plain = await open_page(browser, { javaScriptEnabled: false });
await plain.goto(`${base}/search/?q=falkner`);
expect('without JavaScript the page says so', (await plain.textContent('main')).includes('needs JavaScript'), true);
expect('and shows no field', await plain.isVisible('input[name=q]'), false);
expect('and links kinds, places and the live directory',
	await plain.$$eval('main a', (all) => all.map((a) => a.getAttribute('href'))),
	['/#kinds', '/#regions', 'https://live.example/search']);
await browser.close();
for (const line of wrong) console.log(line);
process.exit(wrong.length ? 1 : 0);
