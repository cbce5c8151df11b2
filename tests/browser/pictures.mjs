// The pictures of README.md: a page as a desktop shows it and, in front of its corner, as a telephone does.
//   node pictures.mjs DIR NAME=URL...
import { join } from 'node:path';
import { launch, open_page } from '../lib/browser.mjs';

const [dir, ...pages] = process.argv.slice(2);
const desktop = { width: 1200, height: 800 }, phone = { width: 360, height: 700 };
const at = new Date('2026-05-05T08:30:00Z');

// A page at the size, as PNG.
async function shot(browser, url, viewport) {
	const page = await open_page(browser, { viewport, colorScheme: 'light' });
	await page.clock.setFixedTime(at);
	await page.goto(url, { waitUntil: 'load' });
	const picture = await page.screenshot();
	await page.context().close();
	return `data:image/png;base64,${picture.toString('base64')}`;
}

const browser = await launch();
for (const page of pages) {
	const [, name, url] = page.match(/^([\w-]+)=(.*)$/);
	const large = await shot(browser, url, desktop), small = await shot(browser, url, phone);
	const both = await open_page(browser, { viewport: { width: 1200, height: 800 } });
	await both.setContent(`<body style="margin:0;background:url(${large}) 0 0/1200px 800px">
		<img src="${small}" style="position:absolute;right:28px;bottom:28px;width:288px;height:560px;border-radius:22px;
		border:7px solid #1b1d1f;box-shadow:0 12px 40px #0006">`);
	await both.evaluate(() => document.querySelector('img').decode());
	await both.screenshot({ path: join(dir, `${name}.png`) });
	await both.context().close();
}
await browser.close();
