// What a visitor gets, in Chromium, over a line of 1.6 Mbit/s with 150 ms (Lighthouse's slow 4G) and a processor at a
// quarter of its speed.
//   node look.mjs URL READY READY_WITHOUT_SCRIPT [--quick]    selectors of what is there when it can be used
// Prints JSON: bytes, requests, cookies, ms until usable (the least of five), usable, and without_script: usable then.
// --quick: one look, and the processor at its own speed, because slowing it costs several times the CPU of the page.
import { launch, open_page } from '../../tests/lib/browser.mjs';

const [url, ready, ready_without_script, ...options] = process.argv.slice(2);
const quick = options.includes('--quick');
const slow_4g = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 };
const browser = await launch();

async function look(script) {
	const page = await open_page(browser, { viewport: { width: 390, height: 844 }, javaScriptEnabled: script });
	const session = await page.context().newCDPSession(page);
	await session.send('Network.enable');
	await session.send('Network.emulateNetworkConditions', slow_4g);
	if (!quick) await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
	let bytes = 0, requests = 0;
	session.on('Network.loadingFinished', (e) => { bytes += e.encodedDataLength; });
	page.on('request', () => { requests++; });
	const began = performance.now();
	let usable = true;
	await page.goto(url, { waitUntil: 'commit' });
	if (script) {
		await page.waitForSelector(ready);
	} else {
		// Nothing changes any more once it is loaded.
		await page.waitForLoadState('load');
		usable = await page.locator(ready_without_script).count() > 0;
	}
	const ms = performance.now() - began;
	await page.waitForLoadState('load');
	const { length: cookies } = await page.context().cookies();
	await page.context().close();
	return { ms, bytes, requests, usable, cookies };
}

const looks = [];
for (let n = 0; n < (quick ? 1 : 5); n++) looks.push(await look(true));
const { usable: without_script } = await look(false);
await browser.close();
looks.sort((a, b) => a.ms - b.ms);
// The least of five: what the page takes, and not what else the machine did.
const best = looks[0];
console.log(JSON.stringify({ ...best, ms: Math.round(best.ms), usable: looks.every((l) => l.usable), without_script }));
