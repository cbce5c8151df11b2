// What a visitor gets, in Chromium, over a line of 1.6 Mbit/s with 150 ms (Lighthouse's slow 4G) and a processor at a quarter.
//   node look.mjs URL READY [--no-script]      READY: a selector that is there when the page can be used
// Prints JSON: bytes, requests, cookies, ms until usable (the least of five), usable.
import { chromium } from 'playwright-core';

const [url, ready, no_script] = process.argv.slice(2);
const arguments_ = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: arguments_ });
const looks = [];
for (let n = 0; n < (no_script ? 1 : 5); n++) {
	const context = await browser.newContext({ viewport: { width: 390, height: 844 }, javaScriptEnabled: !no_script });
	const page = await context.newPage(), session = await context.newCDPSession(page);
	await session.send('Network.enable');
	await session.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 });
	await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
	let bytes = 0, requests = 0;
	session.on('Network.loadingFinished', (e) => { bytes += e.encodedDataLength; });
	page.on('request', () => { requests++; });
	const began = performance.now();
	let usable = true;
	try {
		await page.goto(url, { waitUntil: 'commit', timeout: 20000 });
		await page.waitForSelector(ready, { timeout: no_script ? 2000 : 20000 });
	} catch { usable = false; }
	const ms = performance.now() - began;
	if (usable) await page.waitForLoadState('load');
	looks.push({ ms, bytes, requests, usable, cookies: (await context.cookies()).length });
	await context.close();
}
await browser.close();
looks.sort((a, b) => a.ms - b.ms);
// The least of five: what the page takes, and not what else the machine did.
const best = looks[0];
console.log(JSON.stringify({ ...best, ms: Math.round(best.ms), usable: looks.every((l) => l.usable) }));
