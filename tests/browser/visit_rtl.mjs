// Looks at pages that are written from right to left: the document says so, the layout is the mirror of the one that
// layout.json has for the page in English, and nothing is wider than the window.
//   node visit_rtl.mjs [NAME=]URL...     NAME: of the page in layout.json
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, visits } from '../lib/browser.mjs';
import { golden, overlaps } from '../lib/layout.mjs';

const shots = process.env.HOLDFAST_SHOTS;
let failed = 0;
function ok(good, what) {
	if (!good) failed++;
	console.log(`${good ? 'ok' : 'not ok'} - ${what}`);
}

const browser = await launch();
const visit = visits(browser);
const kept = golden();
for (const [index, argument] of process.argv.slice(2).entries()) {
	const [, name, url] = argument.match(/^(?:(\w+)=)?(.*)$/);
	await visit({}, async (page) => {
		await page.setViewportSize({ width: 320, height: 800 });
		await page.goto(url);
		for (const width of [320, 1280]) {
			await page.setViewportSize({ width, height: 800 });
			const seen = await page.evaluate(() => {
				const box = (element) => element.getBoundingClientRect();
				const heading = document.querySelector('h1'), text = document.createRange();
				text.selectNodeContents(heading);
				const wide = [...document.querySelectorAll('body *:not(svg *)')] // a drawing is clipped at its edge
					.filter((e) => getComputedStyle(e).position !== 'absolute' && box(e).width && (box(e).left < -1
						|| box(e).right > innerWidth + 1))
					.map((e) => `${e.tagName} ${e.className}`);
				const parent = box(heading), line = text.getBoundingClientRect();
				return {
					direction: getComputedStyle(document.body).direction,
					overflow: document.documentElement.scrollWidth - innerWidth,
					right: parent.right - line.right, left: line.left - parent.left, wide,
				};
			});
			ok(seen.direction === 'rtl', `${url} is from right to left at ${width}`);
			ok(seen.overflow <= 0 && !seen.wide.length,
				`${url} fits into ${width}: ${seen.overflow} ${seen.wide.slice(0, 5)}`);
			ok(seen.right <= seen.left + 1, `${url}: the heading begins at the right at ${width}`);
			const complaints = await overlaps(page);
			if (name) complaints.push(...await kept.compare(page, name, { mirrored: true }));
			ok(!complaints.length, `${url}: in place at ${width}: ${complaints.join('; ')}`);
			if (shots) {
				mkdirSync(shots, { recursive: true });
				await page.screenshot({ path: join(shots, `rtl-${index}-${width}.png`), fullPage: true });
			}
		}
	});
}
await browser.close();
process.exit(failed ? 1 : 0);
